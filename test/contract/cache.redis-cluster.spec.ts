import { startCache } from '@rookery/cache';
import { RedisCacheDriver } from '@rookery/cache/redis';
import {
  cacheDriverContract,
  cacheInvalidationContract,
  clusterCacheContract,
  type CacheReplica,
} from '@rookery/cache/testing';
import { redis } from '@rookery/core/redis';
import { afterAll } from 'vitest';
import { freshNamespace } from '../backends.js';
import { startRedisCluster } from './cluster.redis-topologies.js';

/** The contracts of the cache once more, on a real Redis Cluster of three masters and three replicas. */
const cluster = await startRedisCluster(3);
afterAll(() => cluster.stop());

const backends = (namespace: string) => () => redis({ cluster: { nodes: cluster.nodes }, namespace });

cacheDriverContract(async () => {
  const backend = backends(freshNamespace());
  return [new RedisCacheDriver(backend()), new RedisCacheDriver(backend())];
});

const replicas = async (): Promise<CacheReplica> => {
  const backend = backends(freshNamespace());
  return (options) => startCache({ ...options, backend: backend() });
};

clusterCacheContract(replicas);
cacheInvalidationContract(replicas);
