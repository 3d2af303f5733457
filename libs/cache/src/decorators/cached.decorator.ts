import { aroundMethod, type MethodCall } from '@rookery/core';
import { ClusterCache } from '../cache.service.js';
import type { FillOptions } from '../entry.options.js';

/** A fixed key, or a key made from the method's own arguments. */
export type CacheKeyOf<Args extends unknown[]> = string | ((...args: Args) => string);

/** Options of `@Cached()`. */
export interface CachedOptions<Args extends unknown[]> extends Omit<FillOptions, 'tags'> {
  /** Fixed tags, or tags made from the method's own arguments. */
  tags?: readonly string[] | ((...args: Args) => readonly string[]);
}

/**
 * Answers from the cache; the method runs only when the value is in none of its tiers, once in the whole cluster. The
 * result must be plain data. Works on providers, controllers and request-scoped classes.
 *
 * @example
 * @Cached((id: string) => `plan:${id}`, { ttlMs: 60_000, tags: (id) => ['plans', `plan:${id}`] })
 * async findPlan(id: string): Promise<Plan | null> { … }
 */
export function Cached<Args extends unknown[]>(key: CacheKeyOf<Args>, options: CachedOptions<Args> = {}) {
  return aroundMethod<ClusterCache, Args>(
    ClusterCache,
    'ClusterCache for @Cached() (import ClusterCacheModule or ClusterModule)',
    (cache, call) => {
      const tags = typeof options.tags === 'function' ? options.tags(...call.args) : options.tags;
      return cache.getOrSet(keyFor(key, call), () => call.proceed(), { ...options, tags });
    },
  );
}

export function keyFor<Args extends unknown[]>(key: CacheKeyOf<Args>, { args }: MethodCall<Args>): string {
  return typeof key === 'string' ? key : key(...args);
}
