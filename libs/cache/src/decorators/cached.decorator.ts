import { aroundMethod, type AsyncMethod } from '@rookery/core';
import { ClusterCache } from '../cache.service.js';
import type { FillOptions } from '../entry.options.js';
import { tagsOn, type TagsOf } from './cache-tags.decorator.js';

/** A fixed key, or a key made from the method's own arguments. */
export type CacheKeyOf<Args extends unknown[]> = string | ((...args: Args) => string);

/** Options of `@Cached()`. */
export interface CachedOptions<Args extends unknown[]> extends Omit<FillOptions, 'tags'> {
  /** Fixed tags, or tags made from the method's own arguments. */
  tags?: TagsOf<Args>;
}

/**
 * Answers from the cache; the method runs only when the value is in none of its tiers, once in the whole cluster. The
 * result must be plain data. Works on providers, controllers and request-scoped classes.
 *
 * @example
 * @Cached((id: string) => `plan:${id}`, { ttlMs: 60_000, tags: (id) => ['plans', `plan:${id}`] })
 * async findPlan(id: string): Promise<Plan | null> { … }
 */
// oxlint-disable-next-line typescript/no-explicit-any -- fixed keys fit a method with any arguments
export function Cached<Args extends unknown[] = any[]>(key: CacheKeyOf<Args>, options: CachedOptions<Args> = {}) {
  return <Method extends AsyncMethod<Args>>(
    target: object,
    method: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const decorate = aroundMethod<ClusterCache, Args>(
      ClusterCache,
      'ClusterCache for @Cached() (import ClusterCacheModule or ClusterModule)',
      (cache, { instance, args, proceed }) => {
        const given = typeof options.tags === 'function' ? options.tags(...args) : (options.tags ?? []);
        const name = typeof key === 'string' ? key : key(...args);
        return cache.getOrSet(name, () => proceed(), { ...options, tags: [...given, ...tagsOn(instance, method)] });
      },
    );
    decorate(target, method, descriptor);
  };
}
