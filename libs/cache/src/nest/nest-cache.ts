import type { Cache } from 'cache-manager';
import type { ClusterCache } from '../cache.service.js';

/** The token of @nestjs/cache-manager, which need not be installed. */
export const CACHE_MANAGER = 'CACHE_MANAGER';

type Wrap = Cache['wrap'];
type TtlOf<T> = number | ((value: T) => number);

/**
 * The cache with the interface of cache-manager, which is what `@Inject(CACHE_MANAGER)` gives. Values are copies, since
 * code written for cache-manager may change what it gets; `wrap` runs its function once in the cluster.
 */
export function nestCache(cluster: ClusterCache): Cache {
  const cache = cluster.namespace('cache-manager');
  const one = async <T>(key: string) => cache.get<T>(key, { clone: true });
  const nothing = () => cacheManager;
  const cacheManager = {
    get: one,
    mget: <T>(keys: string[]) => cache.getMany<T>(keys, { clone: true }),
    ttl: async (key: string) => cache.expiresAt(key),
    set: async <T>(key: string, value: T, ttlMs?: number) => {
      await cache.set(key, value, { ttlMs: ttlMs || undefined });
      return value;
    },
    mset: async <T>(list: { key: string; value: T; ttl?: number }[]) => {
      await Promise.all(list.map(({ key, value, ttl }) => cache.set(key, value, { ttlMs: ttl || undefined })));
      return list;
    },
    del: async (key: string) => {
      await cache.delete(key);
      return true;
    },
    mdel: async (keys: string[]) => {
      await cache.deleteMany(keys);
      return true;
    },
    clear: async () => {
      await cache.clear();
      return true;
    },
    wrap: (async <T>(key: string, factory: () => T | Promise<T>, ttl?: TtlOf<T> | { ttl?: TtlOf<T> }) => {
      const ttlOf = typeof ttl === 'object' ? ttl.ttl : ttl;
      return cache.getOrSet<T>(
        key,
        async (context) => {
          const value = await factory();
          if (typeof ttlOf === 'function') context.set({ ttlMs: ttlOf(value) });
          return value;
        },
        { clone: true, ttlMs: typeof ttlOf === 'number' ? ttlOf || undefined : undefined },
      );
    }) as Wrap,
    on: nothing,
    off: nothing,
    disconnect: async () => undefined,
    cacheId: () => 'rookery',
    stores: [],
  };
  return cacheManager as unknown as Cache;
}
