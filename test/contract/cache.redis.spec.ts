import { randomUUID } from 'node:crypto';
import { redis } from '@rookery/core/redis';
import { RedisCacheDriver } from '@rookery/cache/redis';
import { startCache } from '@rookery/cache';
import {
  cacheDriverContract,
  cacheInvalidationContract,
  clusterCacheContract,
  type CacheReplica,
} from '@rookery/cache/testing';
import { startRedis } from '@rookery/testing';
import { expect, it, vi } from 'vitest';
import { redisUrl } from '../services.js';

const backends = (namespace: string) => () => redis({ url: redisUrl(), namespace });

cacheDriverContract(async () => {
  const backend = backends(`test-${randomUUID()}`);
  return [new RedisCacheDriver(backend()), new RedisCacheDriver(backend())];
});

const replicas = async (): Promise<CacheReplica> => {
  const backend = backends(`test-${randomUUID()}`);
  return (options) => startCache({ ...options, backend: backend() });
};

clusterCacheContract(replicas);
cacheInvalidationContract(replicas);

it('may be told to reconnect again and again while Redis stands still, and mixes up no answers afterwards', async () => {
  const store = await startRedis();
  const driver = new RedisCacheDriver(redis({ url: store.url }));
  await driver.open();
  await store.pause();
  for (let round = 0; round < 5; round++) {
    void driver.reconnect().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  await store.resume();
  await vi.waitFor(() => driver.now(), { timeout: 20_000 });
  const names = Array.from({ length: 200 }, (_, index) => `name-${index}`);
  const entryOf = (name: string) => ({ v: name, x: 1, t: {} });
  await Promise.all(names.map((name) => driver.set(name, entryOf(name), 60_000)));
  const found = await Promise.all(names.map((name) => driver.get(name)));
  expect(found).toEqual(names.map(entryOf));
  await driver.close();
  await store.stop();
});
