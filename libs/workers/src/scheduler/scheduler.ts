import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { reason, sleep, withDeadline } from '@rookery/core';
import type { Plan } from '../schedule/plan.js';
import { turnOf } from '../schedule/spread.js';
import type { Beat, RunRecord, SlotClaim, WorkersDriver } from '../workers.driver.js';
import { Presence } from './presence.js';
import { Runner } from './runner.js';
import { StoreClock } from './store-clock.js';
import { TaskTable } from './task-table.js';
import type { Task } from './task.js';

/** How long the second in turn waits for the first to claim a slot, the third for the second, and so on. */
const TURN_MS = 40;
/** What is waited after the store failed. */
const RETRY_MS = 250;
/** What is waited after a claim that was refused, longer each time, so that no misunderstanding becomes a busy loop. */
const REFUSED_MS = 5;
const LONGEST_REFUSED_MS = 500;
const LONGEST_SLEEP_MS = 60_000;
/** How often the store hears which tasks from code still exist. */
const REGISTER_EVERY_MS = 60_000;

/** Ids of replicas that live at the store without taking part in the schedule begin with this. */
export const BYSTANDER = '~';

/** What the scheduler is told. */
export interface SchedulerOptions {
  replica: string;
  /** `<namespace>/<application>`. */
  application: string;
  leaseMs: number;
  forgetAfterMs: number;
}

/**
 * The loop of one replica: claims slots when they come due by the store's clock, all that are due in one call, and has
 * the granted ones run.
 */
export class Scheduler {
  readonly clock = new StoreClock();
  readonly table: TaskTable;
  readonly presence: Presence;
  readonly runner: Runner;
  private readonly logger = new Logger('Workers');
  private readonly asking = new Set<string>();
  private replicas: string[] = [];
  private upSince = 0;
  private version = -1;
  private registerAt = 0;
  private round: Promise<void> | undefined;
  private again = false;
  private timer: NodeJS.Timeout | undefined;
  private isOpen = false;

  constructor(
    private readonly driver: WorkersDriver,
    private readonly options: SchedulerOptions,
  ) {
    this.table = new TaskTable(driver, options.forgetAfterMs, () => this.upSince);
    this.presence = new Presence(driver, options.replica, options.leaseMs, this.clock, (beat) => this.onBeat(beat));
    this.runner = new Runner(driver, options.replica, this.presence, options.application, (name, state) => {
      if (state) this.table.tasks.get(name)?.learn(state);
      this.poke();
    });
  }

  /** Says hello to the store, makes the tasks known and begins. @throws when the store does not answer */
  async start(): Promise<void> {
    await this.presence.start();
    await this.refresh();
    this.isOpen = true;
    this.poke();
  }

  /** Stops claiming; what has been claimed runs on. */
  async close(): Promise<void> {
    this.isOpen = false;
    clearTimeout(this.timer);
    await this.round;
  }

  /** Looks at the tasks again now. */
  poke(): void {
    if (this.round) this.again = true;
    else if (this.isOpen) this.begin();
  }

  /** Registers the tasks anew at the next beat, which is now: there are others than before. */
  changed(): void {
    this.registerAt = 0;
    this.presence.wake();
  }

  private begin(): void {
    clearTimeout(this.timer);
    this.again = false;
    this.round = this.claimDue()
      .catch((error: unknown) => {
        this.logger.warn(`Could not claim what is due, trying again: ${reason(error)}`);
        return this.clock.now() + RETRY_MS;
      })
      .then((wakeAt) => {
        this.round = undefined;
        if (!this.isOpen) return;
        if (this.again) return this.begin();
        const inMs = Math.min(Math.max(0, wakeAt - this.clock.now()), LONGEST_SLEEP_MS);
        this.timer = setTimeout(() => this.poke(), Math.ceil(inMs));
      });
  }

  /** Claims until nothing is due; answers when the next thing will be. */
  private async claimDue(): Promise<number> {
    for (let refusedMs = REFUSED_MS; ;) {
      const { claims, unsure, wakeAt } = this.due();
      if (claims.length + unsure.length === 0 || !this.isOpen) return wakeAt;
      if (!this.presence.isSure) {
        this.presence.wake();
        return this.clock.now() + RETRY_MS;
      }
      const [isGranted] = await Promise.all([this.claim(claims), this.look(unsure)]);
      if (isGranted) continue;
      await sleep(refusedMs);
      refusedMs = Math.min(refusedMs * 2, LONGEST_REFUSED_MS);
    }
  }

  private due(): { claims: SlotClaim[]; unsure: string[]; wakeAt: number } {
    const now = this.clock.now();
    const claims: SlotClaim[] = [];
    const unsure: string[] = [];
    let wakeAt = Infinity;
    for (const task of this.table.tasks.values()) {
      const next = task.plan(now, this.upSince);
      if (!next) continue;
      const at = next.claim ? next.at + TURN_MS * this.turn(task, next.slot) : next.at;
      if (at > now) wakeAt = Math.min(wakeAt, at);
      else if (next.claim) claims.push(claimOf(task, next));
      else if (next.look) unsure.push(task.name);
    }
    return { claims, unsure, wakeAt };
  }

  private turn(task: Task, slot: number): number {
    return turnOf(this.options.replica, this.replicas, task.isWorker ? task.name : `${task.name}@${slot}`);
  }

  /** Whether anything was granted. */
  private async claim(claims: SlotClaim[]): Promise<boolean> {
    if (claims.length === 0) return false;
    for (const { runId } of claims) this.asking.add(runId);
    try {
      const askedAt = StoreClock.moment();
      const answers = await withDeadline('Claiming', this.driver.claim(this.options.replica, claims));
      if (answers[0].state) this.clock.learn(answers[0].state.readAt, askedAt);
      answers.forEach(({ run, state }, index) => {
        if (state) this.table.tasks.get(claims[index].name)?.learn(state);
        else this.forgotten(claims[index].name);
        if (run) this.launch(run);
      });
      return answers.some(({ run }) => run !== null);
    } finally {
      // A run that was granted although no answer came is among those that the next beat shows as ours.
      for (const { runId } of claims) this.asking.delete(runId);
    }
  }

  /** Hears how these tasks stand. */
  private async look(names: string[]): Promise<void> {
    if (names.length === 0) return;
    const records = await withDeadline('Looking at tasks', this.driver.load(names));
    for (const record of records) this.table.tasks.get(record.name)?.learn(record);
    const known = new Set(records.map(({ name }) => name));
    for (const name of names) if (!known.has(name)) this.forgotten(name);
  }

  private launch(record: RunRecord): void {
    const task = this.table.tasks.get(record.name);
    if (task) this.runner.start(record, task.code);
  }

  /** The store does not know the task: it was removed, or the store has lost its data. */
  private forgotten(name: string): void {
    this.table.tasks.get(name)?.pauseUntilKnown();
    this.changed();
  }

  private onBeat(beat: Beat): void {
    this.replicas = beat.replicas.filter((id) => !id.startsWith(BYSTANDER));
    this.upSince = beat.upSince;
    this.runner.compare(beat, this.options.leaseMs);
    if (!this.isOpen) return;
    for (const record of beat.mine) if (!this.asking.has(record.runId)) this.launch(record);
    for (const record of beat.pending) void this.take(record);
    if (beat.version !== this.version || performance.now() > this.registerAt) {
      this.version = beat.version;
      this.refresh().catch((error: unknown) => {
        this.version = -1;
        this.logger.warn(`Could not read the tasks, trying again: ${reason(error)}`);
      });
    }
    this.poke();
  }

  private async refresh(): Promise<void> {
    if (performance.now() > this.registerAt) {
      await withDeadline('Registering tasks', this.table.register());
      this.registerAt = performance.now() + REGISTER_EVERY_MS;
    }
    const isComplete = await withDeadline('Reading tasks', this.table.reload());
    if (!isComplete) this.registerAt = 0;
    this.runner.stop(({ name }) => this.table.tasks.get(name)?.mustStop ?? false);
    this.poke();
  }

  /** Takes over a run that waits for a replica; while it cannot, the next beat asks again. */
  private async take({ name, runId }: RunRecord): Promise<void> {
    const task = this.table.tasks.get(name);
    if (!task || this.asking.has(runId)) return;
    const { replica } = this.options;
    this.asking.add(runId);
    try {
      await sleep(TURN_MS * turnOf(replica, this.replicas, runId));
      if (!this.isOpen) return;
      const record = await withDeadline('Taking a run', this.driver.take(replica, runId, task.isExclusive));
      if (record) this.launch(record);
    } catch (error) {
      this.logger.warn(`Could not take over a run of "${name}", trying again: ${reason(error)}`);
    } finally {
      this.asking.delete(runId);
    }
  }
}

type ClaimPlan = Extract<Plan, { claim: true }>;

function claimOf({ name, cursor, isWorker, isExclusive, code }: Task, { slot, missed, letGo }: ClaimPlan): SlotClaim {
  const { onCrash, maxAttempts } = code.policy;
  return {
    runId: randomUUID(),
    name,
    slot,
    cursor: cursor!,
    missed,
    maxAttempts: onCrash === 'rerun' && !isWorker ? maxAttempts : 1,
    exclusive: letGo === undefined && isExclusive,
    letGo,
  };
}
