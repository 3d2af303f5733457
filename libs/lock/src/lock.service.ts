import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { checkName, ReplicaIdentity, traced, type DrainRegistry, type TransactionManager } from '@rookery/core';
import { Acquisition } from './acquisition.js';
import { Holdings } from './holdings.js';
import { Lease } from './lease.js';
import type { LockDriver, LockGrant } from './lock.driver.js';
import { LockLostError, LockReentryError } from './lock.errors.js';
import { Lock, type TransferredLock } from './lock.handle.js';
import { infoOf, type LockInfo } from './lock-info.js';
import {
  checkedRequest,
  type AcquireOptions,
  type LockKeys,
  type LockModuleOptions,
  type LockRequest,
  type TryOptions,
} from './lock.options.js';
import { LockStore, type LockBackend } from './lock-store.js';
import { lockInTransaction } from './transaction-lock.js';
import { WaitLine } from './wait-line.js';

/**
 * Locks for the whole cluster: one holder per key at a time, however many replicas run.
 *
 * @example
 * await using lock = await locks.acquire('invoice:42', { ttlMs: 30_000, waitMs: 10_000 });
 * await locks.using('invoice:42', async (lock) => { … });
 * const lock = await locks.tryAcquire('invoice:42'); // null when busy
 * await locks.using(['account:1', 'account:2'], transfer); // both or none
 * await locks.using('report', read, { mode: 'shared' }); // with other readers
 * await locks.using('smtp', send, { permits: 5 }); // at most five at a time
 */
@Injectable()
export class LockService implements OnModuleInit, OnApplicationShutdown {
  private readonly line = new WaitLine();
  private readonly context = new AsyncLocalStorage<readonly Lock[]>();
  private readonly store: LockStore;
  private readonly holdings: Holdings;

  constructor(
    driver: LockDriver,
    private readonly backend: LockBackend,
    private readonly defaults: LockModuleOptions = {},
    private readonly identity: ReplicaIdentity = new ReplicaIdentity(),
    private readonly drain?: DrainRegistry,
  ) {
    this.store = new LockStore(driver, backend, identity.id, this.line);
    this.holdings = new Holdings(this.store, this.line, defaults);
  }

  async onModuleInit(): Promise<void> {
    this.drain?.register('connections', 'lock', () => this.holdings.releaseAll());
    await this.store.open();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.holdings.releaseAll();
    await this.store.close();
  }

  /**
   * Waits for the lock: first come first served, over all replicas.
   *
   * @throws LockTimeoutError after `waitMs`
   * @throws LockReentryError inside `using` or `@Locked` of the same key
   * @throws LockModeError when the key is in use with another number of permits
   * @throws InvalidInputError for a bad key, duration or number
   */
  async acquire(keys: LockKeys, options: AcquireOptions = {}): Promise<Lock> {
    const request = checkedRequest(keys, options, this.defaults);
    this.refuseReentry(request);
    return traced('lock:acquire', contextOf(request), () => this.waitFor(request));
  }

  /** Takes the lock if it is free; `null` when somebody else holds it. @throws when the store fails */
  async tryAcquire(keys: LockKeys, options: TryOptions = {}): Promise<Lock | null> {
    const request = checkedRequest(keys, options, this.defaults);
    return traced('lock:try-acquire', contextOf(request), async () => {
      await this.store.open();
      return this.tryOnce(new Acquisition(this.store, request, this.grantFor(request)), request);
    });
  }

  /** Runs `work` while holding the lock. Throws what `acquire` throws, and what `work` throws. */
  async using<T>(keys: LockKeys, work: (lock: Lock) => Promise<T>, options: AcquireOptions = {}): Promise<T> {
    const lock = await this.acquire(keys, options);
    try {
      return await this.context.run([...(this.context.getStore() ?? []), lock], () => work(lock));
    } finally {
      await lock.release();
    }
  }

  /**
   * Takes over a lock that another process gave away with `lock.transfer()`.
   *
   * @throws LockLostError when its lease has ended, or it was adopted or released before
   */
  async adopt(
    transferred: TransferredLock,
    options: Pick<AcquireOptions, 'autoRenew' | 'maxHoldMs'> = {},
  ): Promise<Lock> {
    const { keys, fencingToken: token, mode, permits, weight, ttlMs, owner } = transferred;
    const sharing = mode === 'permits' ? { permits, weight } : { mode };
    const request = checkedRequest(keys, { ttlMs, ...sharing, ...options }, this.defaults);
    await this.store.open();
    const grant = this.grantFor(request);
    const since = Lease.now();
    if (!(await this.store.extend({ ...grant, owner }, grant.owner)))
      throw new LockLostError(request.label, 'it was adopted or released before, or its lease has ended');
    return this.holdings.add(request, grant, { token, since });
  }

  /** Who holds the lock, since when, and how many wait for it; `null` when nobody holds it. */
  async inspect(key: string): Promise<LockInfo | null> {
    await this.store.open();
    const record = await this.store.inspect(checkName('The lock key', key));
    return record && infoOf(record);
  }

  /** The locks that are held and whose keys begin with `prefix`, sorted. For operators: it may walk the whole store. */
  async list(prefix = '', limit = 100): Promise<LockInfo[]> {
    await this.store.open();
    const keys = await this.store.list(prefix, limit);
    const found = await Promise.all(keys.map((key) => this.store.inspect(key)));
    return found.filter((record) => record !== null).map(infoOf);
  }

  /**
   * Takes a lock away from all who hold it, for operators. Their next renewal tells them that it is lost; until then
   * only fenced writes keep them from writing beside the next holder.
   *
   * @returns how many held it
   */
  async forceRelease(key: string): Promise<number> {
    await this.store.open();
    const record = await this.store.inspect(checkName('The lock key', key));
    const outcomes = (record?.holders ?? []).map(({ owner, weight }) => {
      const { mode, permits } = record!;
      return this.store.release({ keys: [key], owner, weight, mode, permits, ttlMs: 0 });
    });
    return (await Promise.all(outcomes)).filter(Boolean).length;
  }

  private async waitFor(request: LockRequest): Promise<Lock> {
    if (request.transaction) return this.inTransaction({ ...request, transaction: request.transaction });
    await this.store.open();
    const acquisition = new Acquisition(this.store, request, this.grantFor(request));
    if (request.waitMs === 0) {
      const lock = await this.tryOnce(acquisition, request);
      if (lock) return lock;
      throw acquisition.tooLate(0);
    }
    const place = this.line.join(request.label, acquisition.grant.owner);
    try {
      return this.holdings.add(request, acquisition.grant, await acquisition.wait(place), () => acquisition.forget());
    } catch (error) {
      acquisition.giveUp();
      throw error;
    } finally {
      place.leave();
    }
  }

  private async tryOnce(acquisition: Acquisition, request: LockRequest): Promise<Lock | null> {
    const granted = await acquisition.ask();
    return granted && this.holdings.add(request, acquisition.grant, granted, () => acquisition.forget());
  }

  private async inTransaction(request: LockRequest & { transaction: TransactionManager }): Promise<Lock> {
    const { token, holding } = await lockInTransaction(this.backend.namespace, request);
    return new Lock(request.keys, token, holding, this.holdings);
  }

  private grantFor({ keys, ttlMs, mode, permits, weight }: LockRequest): LockGrant {
    return { keys, owner: `${this.identity.id}/${randomUUID()}`, ttlMs, mode, permits, weight };
  }

  private refuseReentry({ keys }: LockRequest): void {
    for (const lock of this.context.getStore() ?? []) {
      const again = keys.find((key) => lock.keys.includes(key));
      if (again !== undefined && lock.held) throw new LockReentryError(again);
    }
  }
}

const contextOf = ({ keys, mode, permits }: LockRequest) => ({ key: keys.join(', '), keys, mode, permits });
