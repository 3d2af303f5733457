import type { Lease } from '../jobs.driver.js';
import { JobLeaseLostError } from '../jobs.errors.js';

/** The part of the lease after which a worker that could not renew it stops trusting it, before the store ends it. */
const SAFE_SHARE = 0.85;

/** Knows whether this process may still run a job, also when the store is silent or the process was paused. */
class JobLease implements Lease {
  lostBecause: JobLeaseLostError | undefined;
  onLost: Lease['onLost'];
  private trustedSince = performance.now();

  constructor(private readonly job: { readonly name: string; readonly id?: string }) {}

  renewed(): void {
    this.trustedSince = performance.now();
  }

  /** Whether nobody has renewed it for so long. */
  isOlderThan(ms: number): boolean {
    return performance.now() - this.trustedSince > ms;
  }

  lose(why: string): void {
    if (this.lostBecause) return;
    this.lostBecause = new JobLeaseLostError(`${this.job.name} (${this.job.id})`, why);
    this.onLost?.(this.lostBecause);
  }
}

export type { JobLease };

/** The leases of one worker's jobs. One timer looks after all: a timer per job costs more than most jobs do. */
export class JobLeases {
  private readonly held = new Map<string, JobLease>();
  private readonly timer: NodeJS.Timeout;

  constructor(leaseMs: number) {
    const check = () => this.loseOlderThan(leaseMs * SAFE_SHARE);
    this.timer = setInterval(check, leaseMs / 20).unref();
  }

  /** Of a job that was just taken. */
  hold(job: { readonly name: string; readonly id?: string }): JobLease {
    const lease = new JobLease(job);
    this.held.set(job.id!, lease);
    return lease;
  }

  renewed(ids: readonly string[]): void {
    for (const id of ids) this.held.get(id)?.renewed();
  }

  lost(ids: readonly string[]): void {
    for (const id of ids) this.held.get(id)?.lose('the store has given its lease to another, or ended it');
  }

  /** The job is done with; another run of it may have begun here meanwhile. */
  release(id: string, lease: JobLease): void {
    if (this.held.get(id) === lease) this.held.delete(id);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private loseOlderThan(ms: number): void {
    const why = 'its lease could not be renewed in time (the process was paused, or the store did not answer)';
    for (const lease of this.held.values()) if (lease.isOlderThan(ms)) lease.lose(why);
  }
}
