import type { Backend } from '@rookery/core';
import { cacheDriverFor } from './cache.drivers.js';
import { CacheEngine } from './cache.engine.js';
import type { ClusterCacheModuleOptions } from './cache.options.js';
import { ClusterCache } from './cache.service.js';

/** A cache without an app around it. */
export interface StartedCache {
  cache: ClusterCache;
  /** Closes the cache and its backend. */
  stop(): Promise<void>;
}

/**
 * Starts a cache as one replica would have it: for tests and scripts. Two of them on one store are two replicas.
 *
 * @example
 * const { cache, stop } = await startCache({ backend: memory() });
 */
export async function startCache(options: ClusterCacheModuleOptions & { backend: Backend }): Promise<StartedCache> {
  const engine = new CacheEngine(await cacheDriverFor(options.backend, options), options.backend.bus, options);
  await options.backend.open();
  await engine.onModuleInit();
  return {
    cache: new ClusterCache(engine),
    stop: async () => {
      await engine.onApplicationShutdown();
      await options.backend.close();
    },
  };
}
