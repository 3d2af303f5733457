export { RedisCacheDriver } from './redis-cache.driver.js';
