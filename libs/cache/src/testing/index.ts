export { cacheDriverContract } from './cache-driver.contract.js';
export { clusterCacheContract, type CacheReplica } from './cluster-cache.contract.js';
export { startCache, type StartedCache } from './start-cache.js';
