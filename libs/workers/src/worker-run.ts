import type { TransactionManager } from '@rookery/core';
import { completeIn } from './complete-in.js';
import type { RunRecord } from './workers.driver.js';

/** One run of a task, as its method gets it. Times are the store's, the same on every replica. */
export class WorkerRun<Data = unknown> {
  /** Unique per run and attempt. */
  readonly runId: string;
  /** The task's name. */
  readonly name: string;
  /** The slot: when the run was due. */
  readonly scheduledAt: Date;
  readonly startedAt: Date;
  /** Milliseconds from `scheduledAt` to `startedAt`. */
  readonly late: number;
  /** How many earlier slots were missed and are made up by this run too (`misfire: 'once'`). */
  readonly missed: number;
  /** 1, or more when earlier attempts died with their replica. */
  readonly attempt: number;
  /** Grows with every run of the task. Hand it to `assertFence` of @rookery/lock, so that a late write is refused. */
  readonly fencingToken: number;
  /** What `WorkersService.upsert` was given; undefined for tasks from decorators. */
  readonly data: Data;

  constructor(
    record: RunRecord,
    private readonly life: { readonly signal: AbortSignal; readonly application: string; check(): void },
    data?: Data,
  ) {
    const { runId, name, slot, startedAt, missed, attempt, fencingToken } = record;
    Object.assign(this, { runId, name, missed, attempt, fencingToken, data });
    this.scheduledAt = new Date(slot);
    this.startedAt = new Date(startedAt!);
    this.late = Math.max(0, startedAt! - slot);
  }

  /**
   * Aborts when the run should stop: its time is up, its replica shuts down, or it can no longer be sure to be the only
   * one (`RunLostError`). Right also on the first look after this process was paused.
   */
  get signal(): AbortSignal {
    this.life.check();
    return this.life.signal;
  }

  /**
   * Makes the end of the run part of the transaction that holds its writes: of all attempts at a slot one commits, even
   * when a replica dies right after its commit. Call it last in the transaction. PostgreSQL.
   *
   * @param manager the EntityManager of the running transaction
   * @throws RunAlreadyDoneError when another attempt has committed; let it roll the transaction back and leave the method
   * @example
   * await dataSource.transaction(async (manager) => {
   *   await manager.insert(Email, emails);
   *   await run.completeIn(manager);
   * });
   */
  async completeIn(manager: TransactionManager): Promise<void> {
    const task = `${this.life.application}/${this.name}`;
    await completeIn(manager, task, this.name, this.scheduledAt.getTime());
  }
}
