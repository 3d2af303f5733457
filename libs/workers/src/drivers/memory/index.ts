export { MemoryWorkersDriver } from './memory-workers.driver.js';
