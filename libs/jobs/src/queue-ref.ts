import type { JobInfo, JobState } from './job.js';
import type { JobsDriver, QueueCounts } from './jobs.driver.js';

/** How a queue is doing. */
export interface QueueStats extends QueueCounts {
  readonly queue: string;
  readonly paused: boolean;
  /** Milliseconds that the job at the head has been waiting; 0 when none waits. Grows when workers do not keep up. */
  readonly lagMs: number;
}

/** Which jobs to list. */
export interface ListOptions {
  /** How many to skip. @default 0 */
  offset?: number;
  /** @default 100 */
  limit?: number;
}

/** A queue, for those who run the app. All replicas see the same. */
export class QueueRef {
  constructor(
    readonly name: string,
    private readonly call: <T>(what: string, work: (driver: JobsDriver) => Promise<T>) => Promise<T>,
  ) {}

  /** No replica takes a further job from it until `resume`; what runs goes on. Survives restarts. */
  pause(): Promise<void> {
    return this.call('pause', (driver) => driver.setPaused(this.name, true));
  }

  /** Lets the replicas work on it again. */
  resume(): Promise<void> {
    return this.call('resume', (driver) => driver.setPaused(this.name, false));
  }

  /** How many jobs are where, and how long they wait. */
  stats(): Promise<QueueStats> {
    return this.call('stats', async (driver) => {
      const [counts, paused, lagMs] = await Promise.all([
        driver.counts(this.name),
        driver.isPaused(this.name),
        driver.lagMs(this.name),
      ]);
      return { queue: this.name, ...counts, paused, lagMs };
    });
  }

  /** Jobs in one state: finished ones newest first, others next first. */
  list(state: JobState, { offset = 0, limit = 100 }: ListOptions = {}): Promise<JobInfo[]> {
    return this.call('list', (driver) => driver.list(this.name, state, offset, limit));
  }

  /** Jobs that failed for good, newest first. */
  failed(options?: ListOptions): Promise<JobInfo[]> {
    return this.list('failed', options);
  }

  /** Puts a failed job back with all its attempts. False when it is not a failed one. */
  retry(id: string): Promise<boolean> {
    return this.call('retry', (driver) => driver.retry(this.name, id));
  }

  /** Puts all failed jobs back; answers how many. */
  async retryAll(): Promise<number> {
    let retried = 0;
    for (;;) {
      const failed = await this.failed();
      const done = await Promise.all(failed.map(({ id }) => this.retry(id)));
      const count = done.filter(Boolean).length;
      retried += count;
      if (count === 0) return retried;
    }
  }

  /** Forgets finished jobs; answers how many. */
  purge(state: 'completed' | 'failed', { olderThanMs = 0 }: { olderThanMs?: number } = {}): Promise<number> {
    return this.call('purge', (driver) => driver.purge(this.name, state, olderThanMs));
  }
}
