import type { Backend, MemoryBackend } from '@rookery/core';
import type { PostgresBackend } from '@rookery/core/postgres';
import type { RedisBackend } from '@rookery/core/redis';
import type { CacheDriver } from './cache.driver.js';
import type { ClusterCacheModuleOptions } from './cache.options.js';

/** Loads only the driver that the backend needs, so that an app on Redis needs no pg and the other way round. */
export async function cacheDriverFor(backend: Backend, options: ClusterCacheModuleOptions): Promise<CacheDriver> {
  if (options.keyv)
    return new (await import('./drivers/keyv/index.js')).KeyvCacheDriver(options.keyv, backend.namespace);
  switch (backend.kind) {
    case 'memory':
      return new (await import('./drivers/memory/index.js')).MemoryCacheDriver(
        backend as MemoryBackend,
        options.l1 || {},
      );
    case 'redis':
      return new (await import('./drivers/redis/index.js')).RedisCacheDriver(backend as RedisBackend, options.l2Url);
    case 'postgres':
      return new (await import('./drivers/postgres/index.js')).PostgresCacheDriver(backend as PostgresBackend, {
        maxEntries: options.l2MaxEntries,
        maxBytes: options.l2MaxBytes,
      });
  }
}
