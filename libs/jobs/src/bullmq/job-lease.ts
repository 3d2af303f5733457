import type { Lease } from '../jobs.driver.js';
import { JobLeaseLostError } from '../jobs.errors.js';

/** The part of the lease after which a worker that could not renew it stops trusting it, before the store ends it. */
const SAFE_SHARE = 0.9;

/** Knows whether this process may still run a job, also when the store is silent or the process was paused. */
export class JobLease implements Lease {
  lostBecause: JobLeaseLostError | undefined;
  onLost: Lease['onLost'];
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly job: string,
    leaseMs: number,
  ) {
    const why = 'its lease could not be renewed in time (the process was paused, or the store did not answer)';
    this.timer = setTimeout(() => this.lose(why), leaseMs * SAFE_SHARE).unref();
  }

  renewed(): void {
    if (!this.lostBecause) this.timer.refresh();
  }

  lose(why: string): void {
    this.end();
    if (this.lostBecause) return;
    this.lostBecause = new JobLeaseLostError(this.job, why);
    this.onLost?.(this.lostBecause);
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
