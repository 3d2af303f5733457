export { RedisRegistryDriver } from './redis-registry.driver.js';
