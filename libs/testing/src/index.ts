export { startCluster } from './cluster/start-cluster.js';
export type { Cluster, ReplicaHandle } from './cluster/cluster.js';
export type { BackendName, ClusterOptions } from './cluster/cluster.options.js';
export type { Ending } from './processes/guarded-process.js';
export { startProxy, type Link } from './links/link.js';
export { startRedis, type RedisOptions } from './stores/redis.js';
export { startPostgres, type PostgresHandle, type PostgresOptions } from './stores/postgres.js';
export type { StoreHandle } from './stores/store.js';
export { TestingError, type TestingErrorCode } from './testing.errors.js';
