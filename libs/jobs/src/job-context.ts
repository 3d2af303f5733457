import { AsyncLocalStorage } from 'node:async_hooks';
import { afterCommit, type TransactionManager } from '@rookery/core';
import { checkJson } from './job-data.js';
import type { ActiveJob } from './jobs.driver.js';

const storage = new AsyncLocalStorage<JobContext | undefined>();

/**
 * The job that the current async context runs, for loggers and the like; undefined outside a job.
 *
 * @example logger.info({ job: currentJob()?.id }, 'mail sent');
 */
export function currentJob(): JobContext | undefined {
  return storage.getStore();
}

/** Runs what belongs to no single job. */
export function outsideJobs<T>(work: () => T): T {
  return storage.run(undefined, work);
}

/** One run of a job, as its handler sees it. */
export class JobContext {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  /** 1 for the first try. A run that was cut off by a crash or a deploy is tried again under the same number. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** How often a replica died, or fell silent, while it ran this job. */
  readonly crashes: number;
  /** When the job was due: its enqueue, or the end of its delay. */
  readonly scheduledAt: Date;
  private steps: Readonly<Record<string, unknown>>;
  private completed = false;

  constructor(
    private readonly job: ActiveJob,
    private readonly run: { readonly signal: AbortSignal },
  ) {
    this.id = job.id;
    this.name = job.name;
    this.queue = job.queue;
    this.attempt = job.attempt;
    this.maxAttempts = job.maxAttempts;
    this.crashes = job.crashes;
    this.scheduledAt = new Date(job.scheduledAt);
    this.steps = job.steps;
  }

  /**
   * Aborts when the handler should stop. Its `reason` says why: `JobTimeoutError`, `JobCancelledError`,
   * `JobLeaseLostError` (it runs elsewhere now) or `JobInterruptedError` (this replica shuts down).
   */
  get signal(): AbortSignal {
    return this.run.signal;
  }

  /** Records how far the job is, for `JobRef.info()` and dashboards. Any JSON. */
  async progress(value: unknown): Promise<void> {
    this.signal.throwIfAborted();
    await this.job.progress(value);
  }

  /** Adds a line to the job's own log; the last 1000 lines are kept. */
  async log(line: string): Promise<void> {
    await this.job.log(line);
  }

  /**
   * Does a part of the work once per job, not once per try: its result is remembered, and a retry gets the result
   * instead of doing it again. A crash between the effect and the remembering repeats it, so hand `ctx.id` as
   * idempotency key to those who take one.
   *
   * @param name one name per step of the job
   * @throws what `work` throws; nothing is remembered then
   * @example const charge = await ctx.step('charge', () => payments.charge(order, { idempotencyKey: ctx.id }));
   */
  async step<T>(name: string, work: () => Promise<T> | T): Promise<T> {
    if (Object.hasOwn(this.steps, name)) return this.steps[name] as T;
    this.signal.throwIfAborted();
    const result = (await work()) ?? null;
    checkJson(`${this.name} (${this.id})`, `the result of step "${name}"`, result, Infinity);
    // What was done is remembered, also past a timeout or in a deploy; but never over the steps of another run.
    if (this.job.lease.lostBecause) throw this.job.lease.lostBecause;
    this.steps = { ...this.steps, [name]: result };
    await this.job.saveSteps(this.steps);
    return result as T;
  }

  /** The results of the jobs that this one waited for (`enqueueFlow`), in no particular order. */
  childResults(): Promise<{ queue: string; id: string; result: unknown }[]> {
    return this.job.childResults();
  }

  /**
   * Makes the job's completion part of the transaction of its work: both happen, or neither, so the effect happens
   * exactly once. Call it last. PostgreSQL backend, in the same database.
   *
   * @param manager the EntityManager of the running transaction
   * @throws InvalidInputError outside a transaction, or on another backend
   * @example
   * await this.dataSource.transaction(async (manager) => {
   *   await manager.increment(Account, { id }, 'balance', amount);
   *   await ctx.completeIn(manager);
   * });
   */
  async completeIn(manager: TransactionManager, result: unknown = null): Promise<void> {
    this.signal.throwIfAborted();
    afterCommit(manager, () => (this.completed = true));
    await this.job.completeIn(manager, result);
  }

  /** Whether `completeIn` was called and its transaction has committed. */
  get isCompleted(): boolean {
    return this.completed;
  }

  /** Runs `work` so that {@link currentJob} finds this context. */
  enter<T>(work: () => T): T {
    return storage.run(this, work);
  }
}
