export { cacheDriverContract } from './cache-driver.contract.js';
export { cacheInvalidationContract } from './cache-invalidation.contract.js';
export { clusterCacheContract } from './cluster-cache.contract.js';
export type { CacheReplica } from './replicas.js';
