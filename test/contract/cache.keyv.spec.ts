import { randomUUID } from 'node:crypto';
import KeyvRedis from '@keyv/redis';
import { startCache } from '@rookery/cache';
import { KeyvCacheDriver } from '@rookery/cache/keyv';
import { cacheDriverContract, clusterCacheContract, type CacheReplica } from '@rookery/cache/testing';
import { memory } from '@rookery/core';
import { redis } from '@rookery/core/redis';
import { Keyv } from 'keyv';
import { redisUrl } from '../services.js';

cacheDriverContract(async () => {
  const keyv = new Keyv();
  return [new KeyvCacheDriver(keyv, 'test'), new KeyvCacheDriver(keyv, 'test')];
});

clusterCacheContract(async (): Promise<CacheReplica> => {
  const backend = memory();
  const keyv = new Keyv();
  return (options) => startCache({ ...options, backend, keyv });
});

clusterCacheContract(async (): Promise<CacheReplica> => {
  const namespace = `test-${randomUUID()}`;
  return async (options) => {
    const keyv = new Keyv(new KeyvRedis(redisUrl()));
    const started = await startCache({ ...options, keyv, backend: redis({ url: redisUrl(), namespace }) });
    return { ...started, stop: () => started.stop().then(() => keyv.disconnect()) };
  };
});
