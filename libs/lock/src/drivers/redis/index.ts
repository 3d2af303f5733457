export { RedisLockDriver } from './redis-lock.driver.js';
