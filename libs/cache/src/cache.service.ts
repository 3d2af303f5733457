import { Injectable } from '@nestjs/common';
import { checkMs, traced, type TransactionManager } from '@rookery/core';
import { CacheAccess, type CacheLookup } from './cache.access.js';
import type { CacheEngine, CacheHealth } from './cache.engine.js';
import { CacheScope, clearVersion, tagVersion } from './cache.names.js';
import type { CacheStatsSnapshot } from './cache.stats.js';
import { checkTags, planOf, type EntryOptions, type FillOptions, type ReadOptions } from './entry.options.js';
import type { ManyFactory } from './filling/fill-batch.js';
import type { CacheFactory } from './filling/fill.context.js';
import { fillMany } from './filling/fill-many.js';
import { UNAVAILABLE } from './tiers/shared-tier.js';
import { TransactionalCache } from './transactions/transactional-cache.js';

/**
 * One cache for all replicas: an in-process tier, a tier they share, and a bus that keeps them in step. A store that is
 * slow or gone never makes a call fail; it only makes it miss.
 *
 * @example
 * const plan = await cache.getOrSet(`plan:${id}`, () => plans.findOneBy({ id }), { ttlMs: 60_000, tags: ['plans'] });
 * await cache.delete(`plan:${id}`);
 * await cache.deleteByTag('plans');
 */
@Injectable()
export class ClusterCache {
  private readonly access: CacheAccess;

  constructor(
    private readonly engine: CacheEngine,
    private readonly scope = new CacheScope('', engine.options.tenant, engine.fills.serializer.name),
  ) {
    this.access = new CacheAccess(engine, scope);
  }

  /** The value, or `undefined`. @throws InvalidInputError for a bad key */
  async get<T = unknown>(key: string, options: ReadOptions = {}): Promise<T | undefined> {
    const outcome = await this.access.find(key, options);
    this.access.counters.count(outcome.status);
    return this.access.valueOf<T>(outcome.tree, options);
  }

  /** The value, and where it came from. */
  async lookup<T = unknown>(key: string, options: ReadOptions = {}): Promise<CacheLookup<T>> {
    const outcome = await this.access.find(key, options);
    this.access.counters.count(outcome.status);
    return { value: this.access.valueOf<T>(outcome.tree, options), status: outcome.status };
  }

  /** Whether there is a value that is not stale. */
  async has(key: string): Promise<boolean> {
    const { status } = await this.access.find(key, {});
    return status === 'l1' || status === 'l2';
  }

  /**
   * Stores a value; `undefined` deletes. Beats every fill that began before.
   *
   * @throws CacheValueError for a value that the serializer cannot carry
   * @throws InvalidInputError for a bad key or option
   */
  async set(key: string, value: unknown, options: EntryOptions = {}): Promise<void> {
    const name = this.access.checked(key);
    const { fills, tiers } = this.engine;
    const plan = planOf(key, options, fills.defaults);
    if (value === undefined) return void (await this.delete(key));
    const tree = this.access.encode(key, value);
    await traced('cache:set', { key }, () =>
      tiers.write(name, tree, plan, [...this.scope.clears, ...plan.tags.map(tagVersion)]),
    );
  }

  /** Removes a value everywhere. False when the store had none, or could not be asked: then it is done when it is back. */
  async delete(key: string): Promise<boolean> {
    return (await this.deleteMany([key])) === 1;
  }

  /**
   * The value; when there is none, `factory` makes it: once, however many callers on however many replicas ask.
   *
   * @throws what the factory throws, when there is no old value in its grace
   * @throws CacheFactoryTimeoutError after `hardTimeoutMs`
   * @throws CacheValueError for a value that the serializer cannot carry
   * @throws InvalidInputError for a bad key or option
   */
  getOrSet<T>(key: string, factory: CacheFactory<T>, options: FillOptions = NO_OPTIONS): Promise<T> {
    const { access } = this;
    const now = performance.now();
    const entry = options.l1 === false ? undefined : access.fresh(key, now);
    if (entry === undefined) return access.fill(key, factory, options).then(({ value }) => value as T);
    if (now < entry.expiresAt) access.counters.l1Hits++;
    else access.counters.staleServed++;
    access.refreshAhead(key, entry.expiresAt, factory, options);
    return Promise.resolve(access.valueOf<T>(entry.tree, options) as T);
  }

  /** Like `getOrSet`, and tells where the value came from. */
  lookupOrSet<T>(key: string, factory: CacheFactory<T>, options: FillOptions = {}): Promise<CacheLookup<T>> {
    return this.access.findOrFill(key, factory, options);
  }

  /**
   * The values of many keys, in their order. One call of the factory makes all that are missing; what it leaves out
   * stays `undefined`. Each key is filled by one replica at a time.
   *
   * @example
   * await cache.getOrSetMany(ids, async (missing) => new Map((await load(missing)).map((plan) => [plan.id, plan])));
   */
  async getOrSetMany<T>(
    keys: readonly string[],
    factory: ManyFactory<T>,
    options: FillOptions = {},
  ): Promise<(T | undefined)[]> {
    return fillMany(this.access, keys, factory, options);
  }

  /** The values of many keys, in their order; `undefined` where there is none. */
  async getMany<T = unknown>(keys: readonly string[], options: ReadOptions = {}): Promise<(T | undefined)[]> {
    return Promise.all(keys.map((key) => this.get<T>(key, options)));
  }

  /** Stores many values. */
  async setMany(entries: Iterable<readonly [string, unknown]>, options: EntryOptions = {}): Promise<void> {
    await Promise.all([...entries].map(([key, value]) => this.set(key, value, options)));
  }

  /** Removes many values; answers how many the store had. */
  async deleteMany(keys: readonly string[]): Promise<number> {
    const names = keys.map((key) => this.access.checked(key));
    return traced('cache:delete', { keys }, () => this.engine.tiers.invalidator.deleteKeys(names));
  }

  /** Lets a value live for `ttlMs` from now. False when there is none. */
  async expire(key: string, ttlMs: number): Promise<boolean> {
    checkMs(`ttlMs of cache key "${key}"`, ttlMs, 1);
    const name = this.access.checked(key);
    const { tiers } = this.engine;
    const found = await tiers.read(name, this.scope.clears, { l1: false });
    if (found === undefined || found === UNAVAILABLE) return false;
    const tags = found.versions.filter((version) => version.startsWith('=')).map((version) => version.slice(1));
    await tiers.write(name, found.tree, planOf(key, { ttlMs, tags }, {}), found.versions);
    return true;
  }

  /** When a value becomes stale, in milliseconds since the epoch by this machine's clock; undefined without a value. */
  async expiresAt(key: string): Promise<number | undefined> {
    const { tree, expiresAt } = await this.access.find(key, {});
    return tree === undefined ? undefined : Math.round(Date.now() + expiresAt - performance.now());
  }

  /** Removes every value with one of the tags, in all namespaces and on all replicas, whatever is being filled. */
  async deleteByTag(...tags: string[]): Promise<void> {
    this.engine.checkOpen();
    checkTags('deleteByTag', tags);
    await traced('cache:delete-by-tag', { tags }, () => this.engine.tiers.invalidator.bump(tags.map(tagVersion)));
  }

  /** Removes everything of this namespace and those within it, for all tenants. */
  async clear(): Promise<void> {
    this.engine.checkOpen();
    await this.engine.tiers.invalidator.bump([clearVersion(this.scope.path)]);
  }

  /**
   * Writes that happen when the manager's transaction commits, and never when it rolls back.
   *
   * @throws InvalidInputError from its methods when `manager` is in no transaction
   * @example
   * await dataSource.transaction(async (manager) => {
   *   await manager.save(plan);
   *   cache.afterCommit(manager).delete(`plan:${plan.id}`);
   * });
   */
  afterCommit(manager: TransactionManager): TransactionalCache {
    return new TransactionalCache(this, manager);
  }

  /** A part of the cache with keys, statistics and a `clear()` of its own. */
  namespace(name: string): ClusterCache {
    return new ClusterCache(this.engine, this.scope.inner(name));
  }

  /** What this namespace has done in this process, and how it is. */
  stats(): CacheStatsSnapshot {
    const { local, shared } = this.engine.tiers;
    const l1Bytes = local.bytesOf(this.scope.path);
    return { ...this.access.counters.snapshot(), l1Bytes, storeAvailable: !shared.breaker.open };
  }

  /** How the tiers of this process are. */
  health(): CacheHealth {
    return this.engine.health();
  }
}

const NO_OPTIONS: FillOptions = {};
