import { withDeadline } from '@rookery/core';
import type { LockGrant } from './lock.driver.js';
import { LockLostError } from './lock.errors.js';
import type { LockStore } from './lock-store.js';

/** The part of the ttl after which a lease that could not be renewed counts as lost, well before the store ends it. */
const SAFE_SHARE = 0.9;

/** A moment on both clocks: the monotonic one stands still while the machine sleeps, the wall clock may be set back. */
const moment = () => ({ monotonic: performance.now(), wall: Date.now() });
type Moment = ReturnType<typeof moment>;

function passedSince({ monotonic, wall }: Moment): number {
  const now = moment();
  return Math.max(now.monotonic - monotonic, now.wall - wall);
}

/** What a lock stands on: a lease at the store, or a transaction. */
export interface Holding {
  readonly held: boolean;
  readonly signal: AbortSignal;
  readonly lostBecause: LockLostError | undefined;
  renew(): Promise<void>;
  end(): Promise<boolean>;
}

/** How a lease is kept. */
export interface LeaseOptions {
  autoRenew: boolean;
  maxHoldMs: number;
  /** Runs once, when the lease is over in whatever way. */
  onEnd: () => void;
}

/**
 * Keeps a granted lease alive and knows when it can no longer be trusted. Counts from the moment *before* the store was
 * asked, so its idea of the end is always earlier than the store's.
 */
export class Lease implements Holding {
  private controller: AbortController | undefined;
  private timer: NodeJS.Timeout | undefined;
  private ended = false;
  private lost: LockLostError | undefined;
  private readonly began: Moment;
  /** What the store may hold instead while an upgrade is under way. */
  private next: LockGrant | undefined;

  constructor(
    private readonly store: LockStore,
    private current: LockGrant,
    private since: Moment,
    private readonly options: LeaseOptions,
  ) {
    this.began = since;
    this.schedule(current.ttlMs / 3);
  }

  static readonly now = moment;

  get grant(): LockGrant {
    return this.current;
  }

  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.lost) this.controller.abort(this.lost);
    return this.controller.signal;
  }

  get lostBecause(): LockLostError | undefined {
    return this.lost;
  }

  get held(): boolean {
    if (this.ended) return false;
    if (this.holdLeftMs() <= 0) this.lose(`it was held for the ${this.options.maxHoldMs} ms that maxHoldMs allows`);
    else if (this.leaseLeftMs() <= 0)
      this.lose('it could not be renewed in time (the process was paused, or the store did not answer)');
    return !this.ended;
  }

  /** Asks the store to start the lease anew. A silent or failing store is not the end yet; a refusal is. */
  async renew(): Promise<void> {
    const since = moment();
    try {
      const deadlineMs = Math.max(1, Math.min(this.leaseLeftMs(), this.current.ttlMs / 3));
      const renewed = await withDeadline(`Renewing lock "${this.label}"`, this.extend(), { deadlineMs });
      if (this.ended) return;
      if (renewed) this.since = since;
      else this.lose('its lease had ended at the store, or an operator released it');
    } catch (error) {
      if (this.held || !this.lost) return;
      this.lost.cause ??= error;
    }
  }

  /** Until `settle`, the store may turn this lease into that of the other grant at any moment. */
  expect(next: LockGrant): void {
    this.next = next;
  }

  /** An upgrade came to its end; with `since`, it was granted then. */
  settle(since?: Moment): void {
    if (since && this.next) {
      this.current = this.next;
      this.since = since;
    }
    this.next = undefined;
  }

  /** Releases at the store. False when there was nothing left to release. */
  async end(): Promise<boolean> {
    if (!this.held) return false;
    this.finish();
    // When the store does not answer, the lease ends there by itself.
    const deadlineMs = this.current.ttlMs;
    return withDeadline(`Releasing lock "${this.label}"`, this.store.release(this.current), { deadlineMs }).catch(
      () => false,
    );
  }

  /** Stops keeping the lease, and leaves it to the store. */
  abandon(): void {
    this.finish();
  }

  private get label(): string {
    return this.current.keys.join(', ');
  }

  private async extend(): Promise<boolean> {
    const { next } = this;
    return (await this.store.extend(this.current)) || (next !== undefined && this.store.extend(next));
  }

  private leaseLeftMs(): number {
    return this.current.ttlMs * SAFE_SHARE - passedSince(this.since);
  }

  private holdLeftMs(): number {
    return this.options.maxHoldMs - passedSince(this.began);
  }

  /** Renews at a third of the ttl, sooner after a failure, and never sleeps past the end. */
  private schedule(inMs: number): void {
    const { ttlMs } = this.current;
    this.timer = setTimeout(
      () => {
        if (!this.held) return;
        if (!this.options.autoRenew) return this.schedule(ttlMs);
        const before = this.since;
        const next = () => {
          if (!this.ended) this.schedule(this.since === before ? ttlMs / 20 : ttlMs / 3);
        };
        void this.renew().then(next);
      },
      Math.max(0, Math.min(inMs, this.leaseLeftMs(), this.holdLeftMs())),
    );
    this.timer.unref();
  }

  private lose(why: string): void {
    this.lost = new LockLostError(this.label, why);
    this.finish();
    this.controller?.abort(this.lost);
  }

  private finish(): void {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.timer);
    this.options.onEnd();
  }
}
