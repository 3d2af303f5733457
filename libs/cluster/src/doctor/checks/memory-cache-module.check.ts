import type { Check } from '../check.js';

interface CacheManagerLike {
  stores?: { opts?: { store?: object }; store?: object }[];
}

/** The classes of stores that live in the process, beside Map itself. */
const IN_PROCESS = new Set(['Map', 'CacheableMemory', 'KeyvCacheableMemory', 'LRUCache', 'QuickLRU']);

export const memoryCacheModule: Check = {
  id: 'RK003',
  severity: 'error',
  why: "CacheModule of @nestjs/cache-manager keeps its entries in this process: what one replica deletes, the others go on serving, for the entry's whole ttl.",
  cure: 'Remove CacheModule.register(): ClusterCacheModule provides CACHE_MANAGER, CacheInterceptor works unchanged. Or give it a shared store.',
  find: ({ organs }) =>
    organs
      .filter(({ token, instance }) => token === 'CACHE_MANAGER' && livesInProcess(instance))
      .map(({ module }) => `${module}: CACHE_MANAGER keeps its entries in memory`),
};

function livesInProcess({ stores }: CacheManagerLike): boolean {
  if (!Array.isArray(stores) || stores.length === 0) return false;
  return stores.every(({ opts, store }) => IN_PROCESS.has((opts?.store ?? store)?.constructor.name ?? ''));
}
