import type { RookeryError, TraceCarrier, TransactionManager } from '@rookery/core';
import type { JobInfo, JobState } from './job.js';

/** When a second job with the same key is one too many. */
export type Dedupe =
  | { readonly key: string; readonly mode: 'until-done' | 'latest' }
  | { readonly key: string; readonly mode: 'throttle' | 'debounce'; readonly windowMs: number };

/** A job on its way to the store. Everything in it has been checked. */
export interface NewJob {
  readonly id: string;
  readonly queue: string;
  readonly name: string;
  readonly args: unknown;
  readonly delayMs: number;
  /** In place of `delayMs`: when it may run, in milliseconds since the epoch. */
  readonly notBefore?: number;
  readonly priority: number;
  readonly attempts: number;
  readonly dedupe?: Dedupe;
  /** What links the run to the enqueue; not there while nobody traces. */
  readonly trace?: TraceCarrier;
}

/** A job with those that must be done before it. */
export interface NewFlow {
  readonly job: NewJob;
  readonly children: readonly NewFlow[];
}

/** A job's lease, as far as its runner cares. */
export interface Lease {
  /** Set as soon as the lease can no longer be trusted: somebody else may be running the job. */
  readonly lostBecause: RookeryError | undefined;
  /** Called at that moment. */
  onLost: ((why: RookeryError) => void) | undefined;
}

/** A job that this process has taken from its queue and holds a lease on. */
export interface ActiveJob {
  readonly id: string;
  readonly queue: string;
  readonly name: string;
  readonly args: unknown;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly crashes: number;
  /** When it was due, in milliseconds since the epoch. */
  readonly scheduledAt: number;
  /** What `ctx.step` has remembered so far. */
  readonly steps: Readonly<Record<string, unknown>>;
  readonly lease: Lease;
  /** As the enqueue left it. */
  readonly trace?: TraceCarrier;
  progress(value: unknown): Promise<void>;
  log(line: string): Promise<void>;
  saveSteps(steps: Readonly<Record<string, unknown>>): Promise<void>;
  /** The results of the job's children. */
  childResults(): Promise<{ queue: string; id: string; result: unknown }[]>;
  /** Records the job as completed inside the caller's transaction. @throws where the store is not that database */
  completeIn(manager: TransactionManager, result: unknown): Promise<void>;
}

/** How a run ended, and so what becomes of the job. */
export type Outcome =
  | { readonly kind: 'completed'; readonly result: unknown }
  /** `retryInMs: null`: for good. */
  | { readonly kind: 'failed'; readonly error: Error; readonly retryInMs: number | null }
  /** Back to the head of the queue; nothing counted. */
  | { readonly kind: 'returned' }
  /** Again after a while; nothing counted. */
  | { readonly kind: 'postponed'; readonly delayMs: number }
  /** Nothing to record: it is recorded already, or it is no longer ours to record. */
  | { readonly kind: 'settled' };

/** How a queue is worked on. */
export interface WorkSettings {
  /** Jobs at once in this process. */
  readonly concurrency: number;
  /** Jobs at once over all replicas. */
  readonly globalConcurrency?: number;
  readonly rateLimit?: { readonly max: number; readonly perMs: number };
  /** Milliseconds until the job of a silent worker is taken from it. */
  readonly leaseMs: number;
  /** Told what goes wrong beside the jobs themselves (the store is away, a lease could not be renewed). */
  readonly onError: (error: Error) => void;
}

/** One process working on one queue. */
export interface JobsWorker {
  /** Takes no further job; those that run go on. */
  stopIntake(): Promise<void>;
  /** Ends at once; what still runs is left to the lease. */
  close(): Promise<void>;
}

/** How many jobs a queue holds. */
export interface QueueCounts {
  readonly waiting: number;
  readonly delayed: number;
  readonly blocked: number;
  readonly active: number;
  readonly completed: number;
  readonly failed: number;
}

/** How long finished jobs are kept. */
export interface Retention {
  readonly ageMs: number;
  readonly count: number;
}

/**
 * What a store does for jobs. Drivers hold no policy: defaults, checks, deadlines, retries and time limits are the
 * service's. Every method but `open` and `close` may fail with the store's own error.
 */
export interface JobsDriver {
  open(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
  /**
   * Stores jobs; a job that `dedupe` finds to be one too many answers the id of the one that stays. With `once`, a job
   * that was stored under its id in the last ten minutes is not stored again, also when it is done and gone.
   */
  add(jobs: readonly NewJob[], options?: { once?: boolean }): Promise<string[]>;
  /** The same as part of the caller's transaction; undefined when the store is not the database of that transaction. */
  addIn?(manager: TransactionManager, jobs: readonly NewJob[]): Promise<string[] | undefined>;
  /** Stores all or nothing. */
  addFlow(flow: NewFlow): Promise<void>;
  /** Null when there is no such job (any more). */
  get(queue: string, id: string): Promise<JobInfo | null>;
  /** Takes a job that does not run out of the store. False when it runs, is done or is not there. */
  remove(queue: string, id: string): Promise<boolean>;
  /** Resolves when a job of the queue may have finished, or the signal aborts. Never rejects. */
  nextFinish(queue: string, id: string, signal: AbortSignal): Promise<void>;
  work(queue: string, settings: WorkSettings, run: (job: ActiveJob) => Promise<Outcome>): Promise<JobsWorker>;
  setPaused(queue: string, paused: boolean): Promise<void>;
  isPaused(queue: string): Promise<boolean>;
  counts(queue: string): Promise<QueueCounts>;
  /** Milliseconds that the job at the head has been waiting; 0 when none waits. */
  lagMs(queue: string): Promise<number>;
  /** Newest first for finished jobs, next first for the others. */
  list(queue: string, state: JobState, offset: number, limit: number): Promise<JobInfo[]>;
  /** Puts a failed job back as if it were new. False when it is not a failed one. */
  retry(queue: string, id: string): Promise<boolean>;
  /** Drops finished jobs that ended longer ago; answers how many. */
  purge(queue: string, state: 'completed' | 'failed', olderThanMs: number): Promise<number>;
}
