import { aroundMethod } from '@rookery/core';
import { ClusterCache } from '../cache.service.js';
import type { TagsOf } from './cache-tags.decorator.js';

/** What `@CacheEvict()` removes; made from the method's own arguments, or fixed. */
export interface CacheEvictOptions<Args extends unknown[]> {
  /** The keys that go. */
  keys?: TagsOf<Args>;
  /** Everything that carries one of these tags goes. */
  tags?: TagsOf<Args>;
}

/**
 * Removes values after the method has succeeded, on all replicas, before its caller gets the answer.
 *
 * @example
 * @CacheEvict({ keys: (id: string) => [`plan:${id}`], tags: ['plans'] })
 * async updatePlan(id: string, change: PlanChange) { … }
 */
// oxlint-disable-next-line typescript/no-explicit-any -- fixed keys fit a method with any arguments
export function CacheEvict<Args extends unknown[] = any[]>({ keys, tags }: CacheEvictOptions<Args>) {
  return aroundMethod<ClusterCache, Args>(
    ClusterCache,
    'ClusterCache for @CacheEvict() (import ClusterCacheModule or ClusterModule)',
    async (cache, { args, proceed }) => {
      const result = await proceed();
      await Promise.all([
        keys && cache.deleteMany(typeof keys === 'function' ? keys(...args) : keys),
        tags && cache.deleteByTag(...(typeof tags === 'function' ? tags(...args) : tags)),
      ]);
      return result;
    },
  );
}
