export { fencedSet, type FencedSetOptions } from '../../fencing/fenced-set.js';
export { QuorumLockDriver } from './quorum-lock.driver.js';
export { RedisLockDriver } from './redis-lock.driver.js';
