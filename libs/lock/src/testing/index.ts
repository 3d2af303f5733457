export { lockDriverContract, type LockContractHost } from './lock-driver.contract.js';
export { clashesIn, visitAtRandom, type LockFuzzOptions, type LockVisit } from './lock-fuzz.js';
export { testLocks } from './test-locks.js';
