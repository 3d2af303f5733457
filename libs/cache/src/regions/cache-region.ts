import type { ClusterCache } from '../cache.service.js';
import type { EntryOptions, FillOptions, ReadOptions } from '../entry.options.js';
import type { CacheFactory } from '../filling/fill.context.js';
import type { CacheStatsSnapshot } from '../cache.stats.js';

/**
 * A part of the cache with a name, a type and options of its own. Extend it, name it with `@NamedCache()`, list it in
 * `ClusterCacheModule.forFeature()`, and inject the class.
 *
 * @example
 * @NamedCache('plans', { ttlMs: 60_000, tags: ['plans'] })
 * export class PlanCache extends CacheRegion<Plan> {}
 *
 * ClusterCacheModule.forFeature([PlanCache]);          constructor(private readonly plans: PlanCache) {}
 * const plan = await this.plans.getOrSet(id, () => this.repository.findOneBy({ id }));
 */
export abstract class CacheRegion<Value, Key extends string | number = string> {
  constructor(
    private readonly cache: ClusterCache,
    private readonly defaults: FillOptions,
  ) {}

  /** As `ClusterCache.get`, within this region. */
  get(key: Key, options?: ReadOptions): Promise<Value | undefined> {
    return this.cache.get<Value>(String(key), options);
  }

  /** As `ClusterCache.getOrSet`, within this region and with its options. */
  getOrSet(key: Key, factory: CacheFactory<Value>, options?: FillOptions): Promise<Value> {
    return this.cache.getOrSet(String(key), factory, options ? { ...this.defaults, ...options } : this.defaults);
  }

  /** As `ClusterCache.set`, within this region and with its options. */
  set(key: Key, value: Value, options?: EntryOptions): Promise<void> {
    return this.cache.set(String(key), value, { ...this.defaults, ...options });
  }

  /** As `ClusterCache.has`, within this region. */
  has(key: Key): Promise<boolean> {
    return this.cache.has(String(key));
  }

  /** Removes these keys on all replicas; answers how many there were. */
  delete(...keys: Key[]): Promise<number> {
    return this.cache.deleteMany(keys.map(String));
  }

  /** Removes everything in this region. */
  clear(): Promise<void> {
    return this.cache.clear();
  }

  /** Counts since the start of this process. */
  stats(): CacheStatsSnapshot {
    return this.cache.stats();
  }
}
