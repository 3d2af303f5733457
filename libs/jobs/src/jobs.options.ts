import { checkMs, InvalidInputError, type Backend, type TransactionManager } from '@rookery/core';

/** How long a failed job waits for its next try. */
export interface BackoffOptions {
  /** @default 'exponential' */
  type?: 'exponential' | 'fixed';
  /** Milliseconds before the first retry. @default 60000 */
  delayMs?: number;
  /** What each further delay is multiplied by. @default 2 */
  factor?: number;
  /** No delay is longer, in milliseconds. @default 172800000 (two days) */
  maxDelayMs?: number;
  /** The part of a delay, 0 to 1, that is left to chance, so that jobs that failed together do not retry together. @default 0.1 */
  jitter?: number;
}

/** How a queue is worked on. */
export interface QueueOptions {
  /** Where this queue lives. @default the backend of the module */
  backend?: Backend;
  /** Jobs at once per replica. @default 10 */
  concurrency?: number;
  /** Jobs at once over all replicas. @default no limit */
  globalConcurrency?: number;
  /** No more than `max` starts per `perMs` milliseconds over all replicas. @default no limit */
  rateLimit?: { max: number; perMs: number };
  /** Whether this replica works on the queue. @default `execute` of the module */
  execute?: boolean;
}

/** How many jobs a `BatchJob` is handed at once. */
export interface BatchOptions {
  /** The most. The queue's `concurrency` counts jobs: it is at least this by default, twice this for two batches at once. */
  size: number;
  /** Milliseconds that the first job waits for company. @default 50 */
  waitMs?: number;
}

/** Options of `@JobHandler()`. */
export interface JobHandlerOptions extends Pick<QueueOptions, 'concurrency' | 'globalConcurrency' | 'rateLimit'> {
  /**
   * Jobs of one queue share its limits and wait for each other. @default a queue of its own, with the job's name
   */
  queue?: string;
  /** Hands over several jobs at once: the class implements `BatchJob`. @default one by one */
  batch?: BatchOptions;
  /** Tries in all. @default 12 (with the default backoff: about a day and a half) */
  attempts?: number;
  /** How long a failed job waits for its next try. @default exponential, from 60000 ms */
  backoff?: BackoffOptions;
  /** Milliseconds a try may take before `ctx.signal` aborts and the try counts as failed; 0: no limit. @default 3600000 */
  timeoutMs?: number;
  /** How often the job may take its replica down with it before it is given up. @default 5 */
  maxCrashes?: number;
  /** 0 to 2097151; a job with a lower number runs first. @default 0 */
  priority?: number;
}

/** Options of `jobs.enqueue()`. */
export interface EnqueueOptions extends Pick<JobHandlerOptions, 'attempts' | 'priority'> {
  /** Milliseconds before it may run. @default 0 */
  delayMs?: number;
  /** The moment before which it does not run. Not beside `delayMs`. */
  runAt?: Date;
  /** While a job with this key is there, a further one is not added. Up to 512 bytes; counts within one queue. */
  dedupeKey?: string;
  /**
   * What `dedupeKey` does: `until-done` refuses further jobs until the first has ended; `latest` keeps one waiting, with
   * the arguments of the last call; `throttleMs` takes one job in that time; `debounceMs` waits until no further call
   * came for that time and runs with the arguments of the last. @default 'until-done'
   */
  dedupe?: 'until-done' | 'latest' | { throttleMs: number } | { debounceMs: number };
  /** Makes the enqueue part of this TypeORM transaction: it counts when the transaction commits. PostgreSQL. */
  manager?: TransactionManager;
  /** Gives the call up; the job may still have been stored. */
  signal?: AbortSignal;
}

/** How long finished jobs are kept, whichever bound is reached first. */
export interface RetentionOptions {
  /** Milliseconds. @default an hour for completed jobs, 14 days for failed ones */
  ageMs?: number;
  /** Jobs per queue. @default 1000 completed, 10000 failed */
  count?: number;
}

/** Options of `JobsModule.forRoot()`. */
export interface JobsModuleOptions {
  /** The store. @default the backend of ClusterModule, else memory() */
  backend?: Backend;
  /** By the queue's name. */
  queues?: Record<string, QueueOptions>;
  /** Whether this replica runs jobs, or only enqueues them. @default true, or whether ClusterModule gives it the role `jobs` */
  execute?: boolean;
  /** What `@JobHandler` and `enqueue` do not say themselves. */
  defaults?: Pick<JobHandlerOptions, 'attempts' | 'backoff' | 'timeoutMs' | 'maxCrashes'>;
  /** How long finished jobs are kept. */
  retention?: { completed?: RetentionOptions; failed?: RetentionOptions };
  /** The most that a job's arguments may take as JSON. @default 262144 */
  maxArgsBytes?: number;
  /**
   * Milliseconds after which the job of a replica that fell silent is given to another. A handler that blocks the event
   * loop longer loses its job. At least 1000. @default 8000
   */
  leaseMs?: number;
  /** Milliseconds that running jobs get to finish when the replica shuts down, before their `signal` aborts. @default 5000 */
  drainMs?: number;
  /** Milliseconds that a handler gets to come to an end after its `signal` aborted; then it is left behind. @default 2000 */
  abortGraceMs?: number;
}

/** Below this, a lease would end between two renewals of a busy process. */
const MIN_LEASE_MS = 1_000;

/** @throws InvalidInputError naming what is wrong */
export function checkModuleOptions(options: JobsModuleOptions): void {
  const { leaseMs = 8_000, drainMs = 0, abortGraceMs = 0, maxArgsBytes = 1, retention = {} } = options;
  checkMs('leaseMs of JobsModule', leaseMs, MIN_LEASE_MS);
  checkMs('drainMs of JobsModule', drainMs);
  checkMs('abortGraceMs of JobsModule', abortGraceMs);
  checkWhole('maxArgsBytes of JobsModule', maxArgsBytes, 1, 100_000_000);
  for (const [state, { ageMs = 0, count = 0 }] of Object.entries(retention)) {
    checkMs(`retention.${state}.ageMs of JobsModule`, ageMs);
    checkWhole(`retention.${state}.count of JobsModule`, count, 0, 100_000_000);
  }
}

/** @throws InvalidInputError when it is no whole number in the range */
export function checkWhole(what: string, value: unknown, minimum: number, maximum: number): number {
  if (Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum) return value as number;
  throw new InvalidInputError(what, value, `a whole number from ${minimum} to ${maximum}`);
}
