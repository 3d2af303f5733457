import { Logger } from '@nestjs/common';
import type { Beat, RunOutcome, RunRecord, TaskState, WorkersDriver } from '../workers.driver.js';
import { ActiveRun } from './active-run.js';
import type { Presence } from './presence.js';
import { Recorder } from './recorder.js';
import type { TaskCode } from './task.js';

/** How long a run that has ended may still show up in a late answer of the store. */
const REMEMBER_MS = 60_000;

/** The runs of this replica. */
export class Runner {
  private readonly logger = new Logger('Workers');
  private readonly active = new Map<string, ActiveRun>();
  private readonly endedAt = new Map<string, number>();
  private readonly recorder: Recorder;

  constructor(
    driver: WorkersDriver,
    replica: string,
    private readonly presence: Presence,
    private readonly application: string,
    onRecorded: (name: string, state: TaskState | null) => void,
  ) {
    this.recorder = new Recorder(driver, replica, (outcome, state) => {
      if (!state) this.logger.warn(`A run of "${outcome.name}" ended after another replica had taken it over.`);
      onRecorded(outcome.name, state);
    });
  }

  /** Whether this replica runs, or ran a moment ago, the run of that id. */
  knows(runId: string): boolean {
    return this.active.has(runId) || this.endedAt.has(runId);
  }

  start(record: RunRecord, code: TaskCode): void {
    if (this.knows(record.runId)) return;
    const run = new ActiveRun(record, code, this.presence, this.application);
    this.active.set(record.runId, run);
    void run.ended.then((outcome) => {
      this.active.delete(record.runId);
      this.endedAt.set(record.runId, performance.now());
      this.settle(outcome, code.label);
    });
  }

  /** Gives up the runs that the store no longer holds for this replica. Young ones may not be in its answer yet. */
  compare(beat: Beat, leaseMs: number): void {
    const held = new Set(beat.mine.map(({ runId }) => runId));
    for (const [runId, run] of this.active) {
      if (!held.has(runId) && run.record.startedAt! < beat.now - leaseMs / 2)
        run.lose('its lease had ended at the store');
    }
    for (const [runId, at] of this.endedAt)
      if (!held.has(runId) && at < performance.now() - REMEMBER_MS) this.endedAt.delete(runId);
  }

  /** Tells the runs that `which` chooses to stop. */
  stop(which: (record: RunRecord) => boolean = () => true): void {
    for (const run of this.active.values()) if (which(run.record)) run.stop();
  }

  /** Waits until the chosen runs have ended and are recorded, or `budget` aborts. */
  async idle(budget: AbortSignal, which: (record: RunRecord) => boolean = () => true): Promise<void> {
    const chosen = [...this.active.values()].filter((run) => which(run.record)).map((run) => run.ended);
    const tooLate = new Promise<void>((resolve) => {
      if (budget.aborted) resolve();
      budget.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([Promise.all(chosen), tooLate]);
    await this.recorder.flush();
  }

  get isIdle(): boolean {
    return this.active.size === 0;
  }

  private settle(outcome: RunOutcome, label: string): void {
    if (outcome.status === 'failed' || outcome.status === 'timed-out')
      this.logger.error(`${label} (task "${outcome.name}") ${outcome.status}: ${outcome.error}`);
    this.recorder.record(outcome);
  }
}
