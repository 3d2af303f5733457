import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { abortable, ClosedError, DeadlineError, traced, withDeadline, type Bus, type Unsubscribe } from '@rookery/core';
import { Lease } from './lease.js';
import type { LockDriver } from './lock.driver.js';
import { LockReentryError, LockTimeoutError } from './lock.errors.js';
import { Lock } from './lock.handle.js';
import { checkedOptions, type AcquireOptions, type LockModuleOptions, type LockOptions } from './lock.options.js';
import { WaitLine } from './wait-line.js';

const RELEASED = 'lock:released';
/** Waiters are woken by the release; this is for wake-ups that were lost and for holders that died. */
const POLL_MS = 500;

type Checked = ReturnType<typeof checkedOptions>;

/**
 * Locks for the whole cluster: one holder per key at a time, however many replicas run.
 *
 * @example
 * await using lock = await locks.acquire('invoice:42', { ttlMs: 30_000, waitMs: 10_000 });
 * await locks.using('invoice:42', async (lock) => { … });
 * const lock = await locks.tryAcquire('invoice:42'); // null when busy
 */
@Injectable()
export class LockService implements OnModuleInit, OnApplicationShutdown {
  private readonly line = new WaitLine();
  private readonly context = new AsyncLocalStorage<ReadonlySet<string>>();
  private readonly held = new Set<Lock>();
  private unsubscribe: Unsubscribe | undefined;

  constructor(
    private readonly driver: LockDriver,
    private readonly bus: Bus,
    private readonly defaults: LockModuleOptions = {},
  ) {}

  async onModuleInit(): Promise<void> {
    await this.driver.open();
    this.unsubscribe = await this.bus.subscribe(RELEASED, (key) => this.line.wake(key), {
      onGap: () => this.line.wakeAll(),
    });
  }

  /** Gives back what is still held, so that other replicas need not wait for the leases to end. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.held].map((lock) => lock.release()));
    await this.unsubscribe?.();
    if (this.unsubscribe) await this.driver.close();
    this.unsubscribe = undefined;
  }

  /**
   * Waits for the lock, first come first served within this process.
   *
   * @throws LockTimeoutError after `waitMs`
   * @throws LockReentryError inside `using` or `@Locked` of the same key
   * @throws InvalidInputError for a bad key or duration
   */
  async acquire(key: string, options: AcquireOptions = {}): Promise<Lock> {
    const checked = checkedOptions(key, options, this.defaults);
    if (this.context.getStore()?.has(key)) throw new LockReentryError(key);
    return traced('lock:acquire', { key }, () => this.wait(checked));
  }

  /** Takes the lock if it is free; `null` when somebody else holds it. @throws when the store fails */
  async tryAcquire(key: string, options: LockOptions & { signal?: AbortSignal } = {}): Promise<Lock | null> {
    const checked = checkedOptions(key, options, this.defaults);
    return traced('lock:try-acquire', { key }, () => this.attempt(checked));
  }

  /** Runs `work` while holding the lock. Throws what `acquire` throws, and what `work` throws. */
  async using<T>(key: string, work: (lock: Lock) => Promise<T>, options: AcquireOptions = {}): Promise<T> {
    const lock = await this.acquire(key, options);
    try {
      return await this.context.run(new Set([...(this.context.getStore() ?? []), key]), () => work(lock));
    } finally {
      await lock.release();
    }
  }

  private async wait(checked: Checked): Promise<Lock> {
    const { key, waitMs } = checked;
    const tooLate = AbortSignal.timeout(waitMs);
    const giveUp = checked.signal ? AbortSignal.any([checked.signal, tooLate]) : tooLate;
    const place = this.line.join(key);
    let failure: unknown;
    try {
      if (waitMs > 0) await abortable(place.turn(), giveUp);
      for (;;) {
        const lock = await this.attempt(checked).catch((error: unknown) => void (failure = error));
        if (lock) return lock;
        if (waitMs === 0) throw new LockTimeoutError(key, waitMs, failure);
        if (lock === null) failure = undefined;
        await abortable(place.nextWake(POLL_MS), giveUp);
      }
    } catch (error) {
      checked.signal?.throwIfAborted();
      throw tooLate.aborted ? new LockTimeoutError(key, waitMs, failure) : error;
    } finally {
      place.leave();
    }
  }

  private async attempt({ key, ttlMs, signal }: Checked): Promise<Lock | null> {
    if (!this.unsubscribe) throw new ClosedError('LockService');
    const grant = { key, owner: randomUUID(), ttlMs };
    const since = Lease.now();
    let token: number | null;
    try {
      token = await withDeadline(`Acquiring lock "${key}"`, this.driver.acquire(grant), { signal });
    } catch (error) {
      // The store may have granted it all the same; without this the key would stay busy for a whole ttl.
      if (error instanceof DeadlineError || signal?.aborted)
        void this.driver.release(key, grant.owner).catch(() => undefined);
      throw error;
    }
    if (token === null) return null;
    const lease = new Lease(this.driver, grant, since, () => this.onEnd(lock));
    const lock = new Lock(key, token, lease);
    this.held.add(lock);
    return lock;
  }

  private onEnd(lock: Lock): void {
    this.held.delete(lock);
    this.line.wake(lock.key);
    this.bus.publish(RELEASED, lock.key).catch(() => undefined);
  }
}
