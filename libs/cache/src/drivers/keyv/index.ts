export { KeyvCacheDriver } from './keyv-cache.driver.js';
