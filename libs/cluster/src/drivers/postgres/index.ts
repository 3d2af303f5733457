export { PostgresRegistryDriver } from './postgres-registry.driver.js';
