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
