import { memory } from '@rookery/core';
import { MemoryCacheDriver } from '@rookery/cache/memory';
import { startCache } from '@rookery/cache';
import {
  cacheDriverContract,
  cacheInvalidationContract,
  clusterCacheContract,
  type CacheReplica,
} from '@rookery/cache/testing';

cacheDriverContract(async () => {
  const backend = memory();
  return [new MemoryCacheDriver(backend), new MemoryCacheDriver(backend)];
});

const replicas = async (): Promise<CacheReplica> => {
  const backend = memory();
  return (options) => startCache({ ...options, backend });
};

clusterCacheContract(replicas);
cacheInvalidationContract(replicas);
