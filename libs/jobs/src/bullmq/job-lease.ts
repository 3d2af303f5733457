import { JobLeaseLostError } from '../jobs.errors.js';

/** The part of the lease after which a worker that could not renew it stops trusting it, before the store ends it. */
const SAFE_SHARE = 0.9;

/** Knows whether this process may still run a job, also when the store is silent or the process was paused. */
export class JobLease {
  private readonly abort = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly job: string,
    private readonly leaseMs: number,
  ) {
    this.renewed();
  }

  /** Aborts when the lease can no longer be trusted. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  renewed(): void {
    clearTimeout(this.timer);
    if (this.signal.aborted) return;
    const why = 'its lease could not be renewed in time (the process was paused, or the store did not answer)';
    this.timer = setTimeout(() => this.lose(why), this.leaseMs * SAFE_SHARE).unref();
  }

  lose(why: string): void {
    this.end();
    this.abort.abort(new JobLeaseLostError(this.job, why));
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
