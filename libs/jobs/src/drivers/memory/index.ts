export { MemoryJobsDriver } from './memory-jobs.driver.js';
