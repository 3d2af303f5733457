import { abortable, DEFAULT_DEADLINE_MS, withDeadline } from '@rookery/core';
import { Lease } from './lease.js';
import type { LockAnswer, LockGrant } from './lock.driver.js';
import { LockError, LockModeError, LockTimeoutError, LockUpgradeError } from './lock.errors.js';
import type { LockRequest } from './lock.options.js';
import { inWords } from './lock-rule.js';
import type { LockStore } from './lock-store.js';
import type { Waiter } from './wait-line.js';

/** Waiters are woken by the release; this is for wake-ups that were lost and for holders that died. */
const POLL_MS = 500;

/** What the store granted, and the moment before it was asked. */
export interface Granted {
  token: number;
  since: ReturnType<typeof Lease.now>;
}

/** One owner's way to a lock: from the first question to the store until it holds the lock or gives up. */
export class Acquisition {
  private readonly began = performance.now();
  private failure: unknown;
  private wanted = true;

  constructor(
    private readonly store: LockStore,
    private readonly request: LockRequest,
    readonly grant: LockGrant,
  ) {}

  /** Asks once, without a place in line. Null when busy. @throws when the store fails */
  async ask(): Promise<Granted | null> {
    try {
      return await this.question(undefined, DEFAULT_DEADLINE_MS);
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /** Asks and waits until it is granted. @throws LockTimeoutError after `waitMs` */
  async wait(place: Waiter): Promise<Granted> {
    const { signal, waitMs } = this.request;
    try {
      return (place.foundNobody && (await this.attempt(place, 0))) || (await this.waitIn(place));
    } catch (error) {
      signal?.throwIfAborted();
      throw this.leftMs() <= 0 && !(error instanceof LockError) ? this.tooLate(waitMs) : error;
    }
  }

  /** Leaves the store's line, and gives back what it was handed meanwhile. */
  giveUp(): void {
    this.forget();
    this.store.release(this.grant).catch(() => undefined);
  }

  /** The lock is not wanted any more: what a late answer may still bring is given back. */
  forget(): void {
    this.wanted = false;
  }

  tooLate(waitedMs: number): LockTimeoutError {
    return new LockTimeoutError(this.request.label, waitedMs, this.failure);
  }

  private async waitIn(place: Waiter): Promise<Granted> {
    const { signal, ttlMs } = this.request;
    const patience = AbortSignal.timeout(Math.max(0, Math.ceil(this.leftMs())));
    const giveUp = signal ? AbortSignal.any([signal, patience]) : patience;
    await abortable(place.turn(), giveUp);
    for (;;) {
      const granted = await this.attempt(place, performance.now() - this.began);
      if (granted) return granted;
      await abortable(place.nextWake(Math.min(POLL_MS, ttlMs / 3)), giveUp);
    }
  }

  /** Asks, with a place in line. A store that fails may be back before the time is up. */
  private async attempt(place: Waiter, waitedMs: number): Promise<Granted | null> {
    try {
      const deadlineMs = Math.max(1, Math.min(DEFAULT_DEADLINE_MS, this.leftMs()));
      const granted = await this.question(waitedMs, deadlineMs);
      this.failure = undefined;
      return granted;
    } catch (error) {
      if (error instanceof LockError || this.request.signal?.aborted) throw error;
      this.failure = error;
      return null;
    } finally {
      place.noteAsked();
    }
  }

  private async question(waitedMs: number | undefined, deadlineMs: number): Promise<Granted | null> {
    const since = Lease.now();
    const { label, signal } = this.request;
    const answer = this.store.acquire(this.grant, waitedMs);
    try {
      return this.understand(await withDeadline(`Acquiring lock "${label}"`, answer, { deadlineMs, signal }), since);
    } catch (error) {
      // The store may grant it all the same, after the caller has gone.
      answer.then(() => this.wanted || this.store.release(this.grant)).catch(() => undefined);
      throw error;
    }
  }

  private understand(answer: LockAnswer, since: Granted['since']): Granted | null {
    switch (answer.status) {
      case 'granted':
        return { token: answer.token, since };
      case 'busy':
        return null;
      case 'mismatch':
        throw new LockModeError(answer.key, inWords(answer.inUse), inWords(this.grant));
      case 'deadlock':
        throw new LockUpgradeError(this.request.label);
    }
  }

  private leftMs(): number {
    return this.request.waitMs - (performance.now() - this.began);
  }
}
