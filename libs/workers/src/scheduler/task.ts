import { plan, type Plan } from '../schedule/plan.js';
import { slotsOf, type Schedule } from '../schedule/schedule.js';
import type { Slots } from '../schedule/slots.js';
import type { TaskDefinition, TaskState } from '../workers.driver.js';
import type { TaskPolicy } from '../workers.options.js';
import type { WorkerRun } from '../worker-run.js';

/** What a task needs to run on this replica. */
export interface TaskCode {
  definition: TaskDefinition;
  policy: TaskPolicy;
  /** `Class.method`, for messages. */
  label: string;
  execute: (run: WorkerRun) => unknown;
}

/** How long a worker that ended is left alone before it starts again; doubles with every failure in a short life. */
const RESTART_MS = 1_000;
const LONGEST_RESTART_MS = 30_000;
/** How old an answer of the store can be. */
const LATE_ANSWER_MS = 5_000;
/** The end of a worker makes every replica look at the tasks again; this is for a word that was lost. */
const WORKER_POLL_MS = 10_000;

/** A task that this replica can run, with what it last heard of it from the store. */
export class Task {
  private state: TaskState | undefined;
  private slots: Slots | undefined;
  /** The schedule that is followed, as the store has it. */
  schedule: string | undefined;

  constructor(readonly code: TaskCode) {}

  get name(): string {
    return this.code.definition.name;
  }

  get isWorker(): boolean {
    return this.code.definition.kind === 'worker';
  }

  /** Whether only one run may go on at a time. */
  get isExclusive(): boolean {
    return this.isWorker || this.code.policy.overlap !== 'allow';
  }

  /** A paused worker stops; a paused task just does not begin again. */
  get mustStop(): boolean {
    return this.isWorker && this.state?.paused === true;
  }

  /** The latest slot known to be taken. */
  get cursor(): number | undefined {
    return this.state?.cursor;
  }

  /** Takes over what the store says, unless something newer was heard already (or the store's clock was set back). */
  learn(state: TaskState): void {
    const olderByMs = (this.state?.readAt ?? 0) - state.readAt;
    if (olderByMs <= 0 || olderByMs > LATE_ANSWER_MS) this.state = state;
  }

  /** The store does not know it: nothing to do until it does. */
  pauseUntilKnown(): void {
    if (this.state) this.state = { ...this.state, paused: true, readAt: 0 };
  }

  /** Follows the schedule of the store: the newest that any replica registered. @throws for one it does not understand */
  follow(schedule: string, upSince: () => number): void {
    if (this.isWorker || schedule === this.schedule) return;
    this.slots = slotsOf(JSON.parse(schedule) as Schedule, upSince);
    this.schedule = schedule;
  }

  /** What to do next, and when; undefined while the store has not told anything. */
  plan(now: number, upSince: number): Plan | undefined {
    if (!this.state) return undefined;
    if (this.isWorker) return workerPlan(this.state, now);
    const { name, slots, state } = this;
    return slots && plan({ name, slots, policy: this.code.policy, state, now, upSince });
  }
}

/** A worker is due whenever it runs nowhere. */
function workerPlan(state: TaskState, now: number): Plan {
  if (state.paused) return { claim: false, at: Infinity };
  if (state.active > 0 && now < state.readAt + WORKER_POLL_MS)
    return { claim: false, at: state.readAt + WORKER_POLL_MS };
  const at = Math.max(state.readAt, (state.finishedAt ?? -Infinity) + restartMs(state));
  return { claim: true, slot: Math.max(Math.floor(now), state.cursor + 1), missed: 0, at };
}

/** One that had lived for long starts again soon, however often it failed before. */
function restartMs({ startedAt, finishedAt, failures }: TaskState): number {
  const livedMs = (finishedAt ?? 0) - (startedAt ?? 0);
  return livedMs > LONGEST_RESTART_MS ? RESTART_MS : Math.min(RESTART_MS * 2 ** failures, LONGEST_RESTART_MS);
}
