import type { Holding } from './lease.js';
import type { LockGrant } from './lock.driver.js';
import { LockLostError } from './lock.errors.js';
import type { AcquireOptions } from './lock.options.js';

/** A held lock on its way to another process: plain data, fit for a job's arguments or a message. */
export interface TransferredLock extends LockGrant {
  fencingToken: number;
}

/** What a lock needs its service for. */
export interface LockActions {
  upgrade(lock: Lock, options: UpgradeOptions): Promise<number>;
  transfer(lock: Lock): Promise<TransferredLock>;
}

/** How an upgrade is waited for. */
export type UpgradeOptions = Pick<AcquireOptions, 'waitMs' | 'signal'>;

/** A lock that was granted. Renews itself until it is released or lost. */
export class Lock implements AsyncDisposable {
  private token: number;

  constructor(
    /** The keys that are held, sorted. */
    readonly keys: readonly string[],
    token: number,
    private readonly holding: Holding,
    private readonly actions: LockActions,
  ) {
    this.token = token;
  }

  /** The key, or the keys with a comma between them. */
  get key(): string {
    return this.keys.join(', ');
  }

  /** Grows with every grant of each of the keys. Hand it to `assertFence`, so that a late write is refused. */
  get fencingToken(): number {
    return this.token;
  }

  /** Aborts with `LockLostError` before the lease can end at the store, also when the store is silent. */
  get signal(): AbortSignal {
    return this.holding.signal;
  }

  /** What {@link assertHeld} throws about. */
  get held(): boolean {
    return this.holding.held;
  }

  /**
   * Proves that the lock is still held, without asking the store: judged by the monotonic clock, so it is right also
   * after this process was paused.
   *
   * @throws LockLostError when the lease has ended or was released
   */
  assertHeld(): void {
    if (!this.holding.held) throw this.holding.lostBecause ?? new LockLostError(this.key, 'it was released');
  }

  /**
   * Starts the lease anew now, beside the renewals that happen by themselves.
   *
   * @throws LockLostError when it is no longer held
   */
  async extend(): Promise<void> {
    this.assertHeld();
    await this.holding.renew();
    this.assertHeld();
  }

  /**
   * Makes a shared lock exclusive as soon as the other readers have left; nobody writes between. It has a new fencing
   * token then. When it fails, the lock is still shared.
   *
   * @throws LockTimeoutError after `waitMs`
   * @throws LockUpgradeError when another reader is upgrading already
   * @throws LockLostError when it is no longer held
   * @throws InvalidInputError when it is not shared
   */
  async upgrade(options: UpgradeOptions = {}): Promise<void> {
    this.assertHeld();
    this.token = await this.actions.upgrade(this, options);
  }

  /**
   * Gives the lock to whoever calls `LockService.adopt` with the answer, in whatever process, within its ttl. This
   * handle is at its end.
   *
   * @throws LockLostError when it is no longer held
   * @example await jobs.enqueue(Import, { file, lock: await lock.transfer() });
   */
  async transfer(): Promise<TransferredLock> {
    await this.extend();
    return this.actions.transfer(this);
  }

  /** Gives the lock back. False when it had been lost or released before. Never throws. */
  async release(): Promise<boolean> {
    return this.holding.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
