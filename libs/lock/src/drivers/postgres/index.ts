export { PostgresLockDriver } from './postgres-lock.driver.js';
