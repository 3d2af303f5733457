import { Injectable } from '@nestjs/common';
import { checkMs, traced } from '@rookery/core';
import { CacheValueError } from './cache.errors.js';
import type { CacheEngine } from './cache.engine.js';
import { CacheScope, clearVersion, tagVersion } from './cache.names.js';
import { CacheStats, type CacheStatsSnapshot } from './cache.stats.js';
import {
  checkFill,
  checkTags,
  planOf,
  type EntryOptions,
  type FillOptions,
  type ReadOptions,
} from './entry.options.js';
import type { CacheFactory } from './filling/fill.context.js';
import type { FillRequest } from './filling/fill.request.js';
import { outcomeOf, type CacheStatus, type Outcome } from './filling/outcome.js';
import { UNAVAILABLE } from './tiers/shared-tier.js';

/** A value and where it came from. */
export interface CacheLookup<T> {
  value: T | undefined;
  status: CacheStatus;
}

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
  private readonly counters: CacheStats;

  constructor(
    private readonly engine: CacheEngine,
    private readonly scope: CacheScope = new CacheScope('', engine.options.tenant),
  ) {
    this.counters = engine.statsOf.get(scope.path) ?? new CacheStats();
    engine.statsOf.set(scope.path, this.counters);
  }

  /** The value, or `undefined`. @throws InvalidInputError for a bad key */
  async get<T = unknown>(key: string, options: ReadOptions = {}): Promise<T | undefined> {
    return (await this.lookup<T>(key, options)).value;
  }

  /** The value, and where it came from. */
  async lookup<T = unknown>(key: string, options: ReadOptions = {}): Promise<CacheLookup<T>> {
    const outcome = await this.find(key, options);
    this.counters.count(outcome.status);
    return { value: this.valueOf<T>(outcome.tree, options), status: outcome.status };
  }

  /** Whether there is a value that is not stale. */
  async has(key: string): Promise<boolean> {
    const { status } = await this.find(key, {});
    return status === 'l1' || status === 'l2';
  }

  /**
   * Stores a value; `undefined` deletes. Beats every fill that began before.
   *
   * @throws CacheValueError for a value that the serializer cannot carry
   * @throws InvalidInputError for a bad key or option
   */
  async set(key: string, value: unknown, options: EntryOptions = {}): Promise<void> {
    const name = this.checked(key);
    const { fills, tiers } = this.engine;
    const plan = planOf(key, options, fills.defaults);
    if (value === undefined) return void (await this.delete(key));
    const tree = this.encode(key, value);
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
    const name = this.scope.name(key);
    const now = performance.now();
    const entry = options.l1 === false ? undefined : this.engine.tiers.local.fresh(name, now);
    if (entry === undefined) return this.fill(key, factory, options).then(({ value }) => value as T);
    this.counters.l1Hits++;
    if (now >= entry.expiresAt) this.counters.staleServed++;
    this.refreshAhead(key, entry.expiresAt, factory, options);
    return Promise.resolve(this.valueOf<T>(entry.tree, options) as T);
  }

  /** Like `getOrSet`, and tells where the value came from. */
  async lookupOrSet<T>(key: string, factory: CacheFactory<T>, options: FillOptions = {}): Promise<CacheLookup<T>> {
    const entry = this.local(key, options);
    if (!entry) return this.fill(key, factory, options);
    this.counters.count(entry.status);
    this.refreshAhead(key, entry.expiresAt, factory, options);
    return { value: this.valueOf<T>(entry.tree, options), status: entry.status };
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
    const names = keys.map((key) => this.checked(key));
    return traced('cache:delete', { keys }, () => this.engine.tiers.invalidator.deleteKeys(names));
  }

  /** Lets a value live for `ttlMs` from now. False when there is none. */
  async expire(key: string, ttlMs: number): Promise<boolean> {
    checkMs(`ttlMs of cache key "${key}"`, ttlMs, 1);
    const name = this.checked(key);
    const { tiers } = this.engine;
    const found = await tiers.read(name, this.scope.clears, { l1: false });
    if (found === undefined || found === UNAVAILABLE) return false;
    const tags = found.versions.filter((version) => version.startsWith('=')).map((version) => version.slice(1));
    await tiers.write(name, found.tree, planOf(key, { ttlMs, tags }, {}), found.versions);
    return true;
  }

  /** When a value becomes stale, in milliseconds since the epoch by this machine's clock; undefined without a value. */
  async expiresAt(key: string): Promise<number | undefined> {
    const { tree, expiresAt } = await this.find(key, {});
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

  /** A part of the cache with keys, statistics and a `clear()` of its own. */
  namespace(name: string): ClusterCache {
    return new ClusterCache(this.engine, this.scope.inner(name));
  }

  /** What this namespace has done in this process. */
  stats(): CacheStatsSnapshot {
    return this.counters.snapshot();
  }

  private async find(key: string, options: ReadOptions): Promise<Outcome> {
    const name = this.checked(key);
    const { tiers } = this.engine;
    const local = this.local(key, options);
    if (local) return local;
    const found = await traced('cache:get', { key }, () =>
      tiers.read(name, this.scope.clears, { l1: options.l1 ?? true }),
    );
    if (found !== UNAVAILABLE) return found ? outcomeOf(found, 'l2') : MISS;
    const fallback = tiers.local.fallback(name, performance.now());
    return fallback ? outcomeOf(fallback, 'l1') : MISS;
  }

  private local(key: string, { l1 }: ReadOptions): Outcome | undefined {
    const entry = l1 === false ? undefined : this.engine.tiers.local.fresh(this.scope.name(key), performance.now());
    return entry && outcomeOf(entry, 'l1');
  }

  private async fill<T>(key: string, factory: CacheFactory<T>, options: FillOptions): Promise<CacheLookup<T>> {
    const outcome = await this.engine.fill(this.request(key, factory, options));
    this.counters.count(outcome.status);
    if (outcome.status !== 'miss') this.refreshAhead(key, outcome.expiresAt, factory, options);
    return { value: this.valueOf<T>(outcome.tree, options), status: outcome.status };
  }

  private request<T>(key: string, factory: CacheFactory<T>, options: FillOptions): FillRequest {
    const name = this.checked(key);
    checkFill(key, options);
    return { name, key, clears: this.scope.clears, options, factory, stats: this.counters };
  }

  private refreshAhead<T>(key: string, expiresAt: number, factory: CacheFactory<T>, options: FillOptions): void {
    const { defaults } = this.engine.fills;
    const part = options.refreshAhead ?? defaults.refreshAhead;
    if (part === undefined) return;
    const ttlMs = options.ttlMs ?? defaults.ttlMs ?? 300_000;
    const now = performance.now();
    if (expiresAt - now > ttlMs * (1 - part)) return;
    this.engine.refresh({ ...this.request(key, factory, options), refreshBefore: now + ttlMs * (1 - part) });
  }

  private valueOf<T>(tree: unknown, { clone }: ReadOptions): T | undefined {
    const { serializer } = this.engine.fills;
    if (tree === undefined) return undefined;
    if (clone && serializer.sharesTree) return structuredClone(tree) as T;
    return serializer.decode(tree) as T;
  }

  private encode(key: string, value: unknown): unknown {
    return this.engine.fills.serializer.encode(value, (path, problem) => {
      throw new CacheValueError(key, path, problem);
    });
  }

  private checked(key: string): string {
    this.engine.checkOpen();
    return this.scope.checkedName(key);
  }
}

const NO_OPTIONS: FillOptions = {};
const MISS: Outcome = { tree: undefined, status: 'miss', versions: [], expiresAt: 0 };
