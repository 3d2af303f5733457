import { LockLostError } from './lock.errors.js';
import type { Lease } from './lease.js';

/** A lock that was granted. Renews itself until it is released or lost. */
export class Lock implements AsyncDisposable {
  constructor(
    readonly key: string,
    /** Grows with every grant of this key. Hand it to `assertFence`, so that a late write is refused. */
    readonly fencingToken: number,
    private readonly lease: Lease,
  ) {}

  /** Aborts with `LockLostError` before the lease can end at the store, also when the store is silent. */
  get signal(): AbortSignal {
    return this.lease.signal;
  }

  /**
   * Proves that the lock is still held, without asking the store: judged by the monotonic clock, so it is right also
   * after this process was paused.
   *
   * @throws LockLostError when the lease has ended or was released
   */
  assertHeld(): void {
    if (!this.lease.held) throw this.lease.lostBecause ?? new LockLostError(this.key, 'it was released');
  }

  /**
   * Starts the lease anew now, beside the renewals that happen by themselves.
   *
   * @throws LockLostError when it is no longer held
   */
  async extend(): Promise<void> {
    this.assertHeld();
    await this.lease.renew();
    this.assertHeld();
  }

  /** Gives the lock back. False when it had been lost or released before. Never throws. */
  async release(): Promise<boolean> {
    return this.lease.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
