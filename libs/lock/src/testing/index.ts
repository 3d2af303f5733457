export { lockDriverContract, type LockContractHost } from './lock-driver.contract.js';
