import 'reflect-metadata';
import { RookeryError } from '@rookery/core';
import type { ClusterCache } from '../cache.service.js';
import type { FillOptions } from '../entry.options.js';
import type { CacheRegion } from './cache-region.js';

/** A class that extends {@link CacheRegion}. */
export type CacheRegionClass = new (
  cache: ClusterCache,
  defaults: FillOptions,
) => CacheRegion<unknown, never> | CacheRegion<never, never>;

const METADATA = 'rookery:named-cache';

interface Named {
  name: string;
  options: FillOptions;
}

/** Names a {@link CacheRegion}: the namespace of its keys, and the options of its values. */
export function NamedCache(name: string, options: FillOptions = {}) {
  return (target: object): void => Reflect.defineMetadata(METADATA, { name, options } satisfies Named, target);
}

/** Makes the region that the class stands for. @throws RookeryError when it carries no `@NamedCache()` */
export function regionOf(region: CacheRegionClass, cache: ClusterCache): object {
  const named = Reflect.getMetadata(METADATA, region) as Named | undefined;
  if (!named) {
    throw new RookeryError(
      'ROOKERY_CACHE_UNNAMED_REGION',
      `${region.name} is in ClusterCacheModule.forFeature(), but has no name. Put @NamedCache('some-name') on the class.`,
    );
  }
  return new region(cache.namespace(named.name), named.options);
}
