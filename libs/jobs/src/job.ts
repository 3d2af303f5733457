import type { JobContext } from './job-context.js';

/**
 * A kind of work that is done later, by whichever replica is free. Mark the class with `@JobHandler`.
 *
 * @example
 * @JobHandler('invoice.render')
 * export class RenderInvoice implements Job<{ id: string }, { pages: number }> {
 *   async run({ id }: { id: string }, ctx: JobContext) { … }
 * }
 */
export interface Job<Args = unknown, Result = unknown> {
  /**
   * Does the work. What it returns is the job's result (JSON); what it throws makes the job try again later, until its
   * attempts are used up. It must be able to run twice: a replica that dies in the middle leaves the job to another.
   */
  run(args: Args, ctx: JobContext): Promise<Result> | Result;
}

/** One job of a batch. */
export interface BatchItem<Args = unknown> {
  readonly args: Args;
  readonly ctx: JobContext;
}

/**
 * Work that is cheaper done for many jobs at once: one insert of many rows, one call of a bulk API. Mark the class with
 * `@JobHandler(name, { batch: { size } })`. To enqueue, cancel and retry, each job is still its own.
 *
 * @example
 * @JobHandler('search.index', { batch: { size: 100 } })
 * export class IndexDocument implements BatchJob<{ id: string }> {
 *   async runBatch(batch: readonly BatchItem<{ id: string }>[]) {
 *     const outcomes = await this.search.bulk(batch.map(({ args }) => args.id));
 *     return outcomes.map(({ error }) => (error ? new Error(error) : null));
 *   }
 * }
 */
export interface BatchJob<Args = unknown, Result = unknown> {
  /**
   * Does the work of all these jobs. Answers a result for each, in their order, with an Error for those that failed; or
   * nothing, when all went well. What it throws makes all of them fail.
   */
  runBatch(
    batch: readonly BatchItem<Args>[],
  ): Promise<readonly (Result | Error)[] | void> | readonly (Result | Error)[] | void;
}

/** A class that implements {@link Job} or {@link BatchJob} and carries `@JobHandler`. */
export type JobClass<Args = unknown, Result = unknown> = new (
  ...dependencies: never[]
) => Job<Args, Result> | BatchJob<Args, Result>;

/**
 * Where a job is: `waiting` for a free worker, `delayed` until its time, `blocked` until its children are done,
 * `active`, or done: `completed` or `failed`.
 */
export type JobState = 'waiting' | 'delayed' | 'blocked' | 'active' | 'completed' | 'failed';

/** What is known about a job. Times are milliseconds since the epoch. */
export interface JobInfo {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly args: unknown;
  readonly state: JobState;
  /** Tries that have ended; what was cut off by a crash or a deploy does not count. */
  readonly attemptsMade: number;
  readonly maxAttempts: number;
  /** How often a replica died, or lost its lease, while it ran the job. */
  readonly crashes: number;
  /** What the handler told last by `ctx.progress()`. */
  readonly progress: unknown;
  /** What the handler returned; undefined unless `completed`. */
  readonly result: unknown;
  /** Why the last try failed. */
  readonly failedReason: string | undefined;
  readonly enqueuedAt: number;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
}
