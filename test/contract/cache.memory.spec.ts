import { memory } from '@rookery/core';
import { MemoryCacheDriver } from '@rookery/cache/memory';
import { cacheDriverContract, clusterCacheContract, startCache } from '@rookery/cache/testing';

cacheDriverContract(async () => {
  const backend = memory();
  return [new MemoryCacheDriver(backend), new MemoryCacheDriver(backend)];
});

clusterCacheContract(async () => {
  const backend = memory();
  return (options) => startCache({ ...options, backend });
});
