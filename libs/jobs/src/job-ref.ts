import type { JobInfo, JobState } from './job.js';
import { JobCancelledError, JobFailedError, JobGoneError } from './jobs.errors.js';

/** What a {@link JobRef} needs of the service. */
export interface JobAccess {
  info(queue: string, id: string): Promise<JobInfo | null>;
  cancel(queue: string, id: string): Promise<boolean>;
  nextFinish(queue: string, id: string, signal: AbortSignal): Promise<void>;
}

/** How long to wait for a job. */
export interface WaitOptions {
  /** Milliseconds until `waitUntilDone` gives up with a TimeoutError. @default no limit */
  timeoutMs?: number;
  /** Gives up early, with the signal's reason. */
  signal?: AbortSignal;
}

/** The job is asked for that often, in case the word of its end got lost. */
const POLL_MS = 1_000;

/** A job that was enqueued, from whichever replica one looks at it. Small; keep its `queue` and `id` to find it again. */
export class JobRef<Result = unknown> {
  private readonly label: string;

  constructor(
    private readonly access: JobAccess,
    readonly queue: string,
    readonly name: string,
    readonly id: string,
    /** How long the job may still be on its way to its store. */
    private readonly arrivesWithinMs = 0,
  ) {
    this.label = `${name} (${id})`;
  }

  /** All that is known about the job; null when it is not there (any more). */
  info(): Promise<JobInfo | null> {
    return this.access.info(this.queue, this.id);
  }

  /** Where the job is; null when it is not there (any more). */
  async state(): Promise<JobState | null> {
    return (await this.info())?.state ?? null;
  }

  /** What the handler returned; undefined while it is not `completed`. */
  async result(): Promise<Result | undefined> {
    return (await this.info())?.result as Result | undefined;
  }

  /**
   * Takes the job back, or tells the replica that runs it to stop.
   *
   * @returns false when it is done already, or not there
   * @throws DeadlineError when it runs and its replica did not answer
   */
  cancel(): Promise<boolean> {
    return this.access.cancel(this.queue, this.id);
  }

  /**
   * Waits for the job's end, wherever it runs, and answers its result. One that was enqueued in a transaction gets ten
   * seconds to come from there.
   *
   * @throws JobFailedError when it failed for good, JobCancelledError when it was cancelled while it ran, JobGoneError
   * when it is not there (any more)
   */
  async waitUntilDone({ timeoutMs, signal }: WaitOptions = {}): Promise<Result> {
    const limits = [...(signal ? [signal] : []), ...(timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)])];
    const giveUp = AbortSignal.any(limits);
    const arrivedBy = performance.now() + this.arrivesWithinMs;
    for (;;) {
      giveUp.throwIfAborted();
      const round = new AbortController();
      const finish = this.access.nextFinish(this.queue, this.id, AbortSignal.any([giveUp, round.signal]));
      const timer = setTimeout(() => round.abort(), POLL_MS);
      try {
        const info = await this.info();
        if (!info && performance.now() >= arrivedBy) throw new JobGoneError(this.label);
        if (info?.state === 'completed') return info.result as Result;
        if (info?.state === 'failed') throw this.failure(info.failedReason ?? 'no reason was kept');
        await finish;
      } finally {
        clearTimeout(timer);
        round.abort();
      }
    }
  }

  private failure(reason: string): Error {
    const cancelled = new JobCancelledError(this.label);
    return reason === cancelled.message ? cancelled : new JobFailedError(this.label, reason);
  }
}
