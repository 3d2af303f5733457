export { MemoryRegistryDriver } from './memory-registry.driver.js';
