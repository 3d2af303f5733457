import { Module, type DynamicModule } from '@nestjs/common';
import { BACKEND, defineModule, memory, type Backend } from '@rookery/core';
import { cacheDriverFor } from './cache.drivers.js';
import { CacheEngine } from './cache.engine.js';
import type { ClusterCacheModuleOptions } from './cache.options.js';
import { ClusterCache } from './cache.service.js';
import { CACHE_MANAGER, nestCache } from './nest/nest-cache.js';
import { regionOf, type CacheRegionClass } from './regions/named-cache.decorator.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE } =
  defineModule<ClusterCacheModuleOptions>('ClusterCache');

/**
 * One cache for all replicas. Global by default. Also provides `CACHE_MANAGER`, so that the `CacheInterceptor`,
 * `@CacheKey()` and `@CacheTTL()` of @nestjs/cache-manager work on it: leave its `CacheModule` out.
 *
 * @example
 * ClusterCacheModule.forRoot({ backend: redis({ url: 'redis://localhost:6379' }), defaults: { ttlMs: 60_000 } })
 */
@Module({
  providers: [
    {
      provide: CacheEngine,
      inject: [MODULE_OPTIONS_TOKEN, { token: BACKEND, optional: true }],
      useFactory: async (options: ClusterCacheModuleOptions, shared?: Backend) => {
        const backend = options.backend ?? shared ?? memory();
        return new CacheEngine(await cacheDriverFor(backend, options), backend.bus, options);
      },
    },
    { provide: ClusterCache, inject: [CacheEngine], useFactory: (engine: CacheEngine) => new ClusterCache(engine) },
    { provide: CACHE_MANAGER, inject: [ClusterCache], useFactory: nestCache },
  ],
  exports: [ClusterCache, CACHE_MANAGER],
})
export class ClusterCacheModule extends ConfigurableModuleClass {
  /** A cache with the given options; without any, on the backend of ClusterModule, else in memory. */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options);
  }

  /** Named caches for the importing module: classes that extend `CacheRegion` and carry `@NamedCache()`. */
  static forFeature(regions: CacheRegionClass[]): DynamicModule {
    const providers = regions.map((region) => ({
      provide: region,
      inject: [ClusterCache],
      useFactory: (cache: ClusterCache) => regionOf(region, cache),
    }));
    return { module: CacheRegionsModule, providers, exports: regions };
  }
}

/** Holds the regions of one `forFeature()`. */
@Module({})
class CacheRegionsModule {}
