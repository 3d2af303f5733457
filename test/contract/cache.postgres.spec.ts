import { randomUUID } from 'node:crypto';
import { postgres } from '@rookery/core/postgres';
import { PostgresCacheDriver } from '@rookery/cache/postgres';
import { startCache } from '@rookery/cache';
import {
  cacheDriverContract,
  cacheInvalidationContract,
  clusterCacheContract,
  type CacheReplica,
} from '@rookery/cache/testing';
import { postgresUrl } from '../services.js';

const backends = (namespace: string) => () => postgres({ url: postgresUrl(), namespace, poolSize: 4 });

cacheDriverContract(async () => {
  const backend = backends(`test-${randomUUID()}`);
  return [new PostgresCacheDriver(backend()), new PostgresCacheDriver(backend())];
});

const replicas = async (): Promise<CacheReplica> => {
  const backend = backends(`test-${randomUUID()}`);
  return (options) => startCache({ ...options, backend: backend() });
};

clusterCacheContract(replicas);
cacheInvalidationContract(replicas);
