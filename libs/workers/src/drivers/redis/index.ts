export { RedisWorkersDriver } from './redis-workers.driver.js';
