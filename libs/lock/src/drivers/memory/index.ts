export { MemoryLockDriver } from './memory-lock.driver.js';
