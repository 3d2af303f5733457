import { randomUUID } from 'node:crypto';
import KeyvRedis from '@keyv/redis';
import { redis } from '@rookery/core/redis';
import type { ClusterCacheModuleOptions } from '@rookery/cache';
import { startCache } from '@rookery/cache';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';
import { createCache } from 'cache-manager';
import { Cacheable } from 'cacheable';
import { Keyv } from 'keyv';

/** What all caches of the bench can do, each in its own words. */
export interface Contestant {
  getOrSet<T>(key: string, factory: () => T | Promise<T>, tags?: string[]): Promise<T>;
  delete(key: string): Promise<unknown>;
  /** Missing where the library has no tags. */
  deleteByTag?(tag: string): Promise<unknown>;
  stop(): Promise<unknown>;
}

export type Name = 'ours' | 'bentocache' | 'cacheable' | 'cache-manager';
export const NAMES: Name[] = ['ours', 'bentocache', 'cacheable', 'cache-manager'];

const HOUR = 3_600_000;

/** A replica with an in-process tier over Redis. Those with one `prefix` are replicas of one app. */
export function start(name: Name, url: string, prefix: string = randomUUID()): Promise<Contestant> {
  return { ours, bentocache, cacheable, 'cache-manager': cacheManager }[name](url, prefix);
}

export async function ours(
  url: string,
  namespace: string,
  options: Partial<ClusterCacheModuleOptions> = {},
): Promise<Contestant> {
  const { cache, stop } = await startCache({ ...options, backend: redis({ url, namespace }) });
  return {
    getOrSet: (key, factory, tags) => cache.getOrSet(key, factory, { ttlMs: HOUR, l1TtlMs: HOUR, tags }),
    delete: (key) => cache.delete(key),
    deleteByTag: (tag) => cache.deleteByTag(tag),
    stop,
  };
}

/** @param serialize `false` is its fast mode, which cannot read what another replica stored */
export async function bentocache(url: string, prefix: string, serialize = true): Promise<Contestant> {
  const { hostname: host, port } = new URL(url);
  const connection = { host, port: Number(port) };
  const bento = new BentoCache({
    default: 'tiers',
    prefix,
    stores: {
      tiers: bentostore()
        .useL1Layer(memoryDriver({ maxItems: 50_000, serialize } as { maxItems: number }))
        .useL2Layer(redisDriver({ connection }))
        .useBus(redisBusDriver({ connection })),
    },
  });
  return {
    getOrSet: (key, factory, tags) => bento.getOrSet({ key, factory, ttl: HOUR, tags }),
    delete: (key) => bento.delete({ key }),
    deleteByTag: (tag) => bento.deleteByTag({ tags: [tag] }),
    stop: () => bento.disconnectAll(),
  };
}

async function cacheable(url: string, namespace: string): Promise<Contestant> {
  const cache = new Cacheable({ secondary: new KeyvRedis(url), namespace, ttl: HOUR });
  cache.on('error', () => undefined);
  return {
    getOrSet: async (key, factory) => (await cache.getOrSet(key, async () => factory())) as never,
    delete: (key) => cache.delete(key),
    stop: () => cache.disconnect(),
  };
}

async function cacheManager(url: string, namespace: string): Promise<Contestant> {
  const stores = [new Keyv(), new Keyv({ store: new KeyvRedis(url), namespace })];
  for (const store of stores) store.on('error', () => undefined);
  const cache = createCache({ stores, ttl: HOUR });
  return {
    getOrSet: (key, factory) => cache.wrap(key, factory),
    delete: (key) => cache.del(key),
    stop: () => cache.disconnect(),
  };
}

/** About 6 KB of JSON: what a page of a shop has. */
export function sample(): { items: object[] } {
  return {
    items: Array.from({ length: 60 }, (_, id) => ({
      id,
      name: `Subscription plan number ${id}`,
      price: 9.9 + id,
      active: id % 3 > 0,
      tags: ['monthly', `tier-${id % 5}`],
    })),
  };
}
