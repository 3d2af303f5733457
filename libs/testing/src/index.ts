export { startRedis, type RedisOptions } from './stores/redis.js';
export { startPostgres, type PostgresHandle, type PostgresOptions } from './stores/postgres.js';
export type { StoreHandle } from './stores/store.js';
export { TestingError, type TestingErrorCode } from './testing.errors.js';
