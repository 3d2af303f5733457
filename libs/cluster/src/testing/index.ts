export { registryDriverContract, type RegistryContract } from './registry-driver.contract.js';
