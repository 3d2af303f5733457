export { MemoryCacheDriver } from './memory-cache.driver.js';
