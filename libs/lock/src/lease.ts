import { withDeadline } from '@rookery/core';
import type { LockDriver, LockGrant } from './lock.driver.js';
import { LockLostError } from './lock.errors.js';

/** The part of the ttl after which a lease that could not be renewed counts as lost, well before the store ends it. */
const SAFE_SHARE = 0.9;

/** A moment on both clocks: the monotonic one stands still while the machine sleeps, the wall clock may be set back. */
const moment = () => ({ monotonic: performance.now(), wall: Date.now() });

/**
 * Keeps a granted lease alive and knows when it can no longer be trusted. Counts from the moment *before* the store was
 * asked, so its idea of the end is always earlier than the store's.
 */
export class Lease {
  private readonly abort = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private ended = false;

  constructor(
    private readonly driver: LockDriver,
    private readonly grant: LockGrant,
    private since: ReturnType<typeof moment>,
    private readonly onEnd: () => void,
  ) {
    this.schedule(grant.ttlMs / 3);
  }

  static readonly now = moment;

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  get lostBecause(): LockLostError | undefined {
    return this.abort.signal.reason as LockLostError | undefined;
  }

  get held(): boolean {
    if (this.ended) return false;
    if (this.remainingMs() <= 0)
      this.lose('it could not be renewed in time (the process was paused, or the store did not answer)');
    return !this.ended;
  }

  /** Asks the store to start the lease anew. A silent or failing store is not the end yet; a refusal is. */
  async renew(): Promise<void> {
    const since = moment();
    try {
      const limit = Math.max(1, Math.min(this.remainingMs(), this.grant.ttlMs / 3));
      const renewed = await withDeadline(`Renewing lock "${this.grant.key}"`, this.driver.extend(this.grant), {
        deadlineMs: limit,
      });
      if (this.ended) return;
      if (renewed) this.since = since;
      else this.lose('its lease had ended at the store, or an operator released it');
    } catch (error) {
      if (this.held) return;
      this.lostBecause!.cause ??= error;
    }
  }

  /** Releases at the store. False when there was nothing left to release. */
  async end(): Promise<boolean> {
    if (!this.held) return false;
    this.finish();
    const { key, owner, ttlMs } = this.grant;
    // When the store does not answer, the lease ends there by itself.
    return withDeadline(`Releasing lock "${key}"`, this.driver.release(key, owner), { deadlineMs: ttlMs })
      .catch(() => false)
      .finally(this.onEnd);
  }

  private remainingMs(): number {
    const { monotonic, wall } = moment();
    const passed = Math.max(monotonic - this.since.monotonic, wall - this.since.wall);
    return this.grant.ttlMs * SAFE_SHARE - passed;
  }

  /** Renews at a third of the ttl, sooner after a failure, and never sleeps past the end. */
  private schedule(inMs: number): void {
    this.timer = setTimeout(
      () => {
        if (!this.held) return;
        const before = this.since;
        const next = () => {
          if (!this.ended) this.schedule(this.since === before ? this.grant.ttlMs / 20 : this.grant.ttlMs / 3);
        };
        void this.renew().then(next);
      },
      Math.max(0, Math.min(inMs, this.remainingMs())),
    );
    this.timer.unref();
  }

  private lose(why: string): void {
    this.finish();
    this.abort.abort(new LockLostError(this.grant.key, why));
    this.onEnd();
  }

  private finish(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }
}
