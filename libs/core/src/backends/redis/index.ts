export { redis, type RedisBackend, type RedisBackendOptions, type RedisClient } from './redis.backend.js';
export type { RedisBus } from './redis.bus.js';
export { RedisScript } from './redis.script.js';
