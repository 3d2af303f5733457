import { memory } from '@rookery/core';
import { MemoryCacheDriver } from '@rookery/cache/memory';
import { startCache } from '@rookery/cache';
import { cacheDriverContract, clusterCacheContract } from '@rookery/cache/testing';

cacheDriverContract(async () => {
  const backend = memory();
  return [new MemoryCacheDriver(backend), new MemoryCacheDriver(backend)];
});

clusterCacheContract(async () => {
  const backend = memory();
  return (options) => startCache({ ...options, backend });
});
