export { PostgresWorkersDriver } from './postgres-workers.driver.js';
