export { PostgresCacheDriver } from './postgres-cache.driver.js';
