export { fencedSet, type FencedSetOptions } from '../../fencing/fenced-set.js';
export { RedisLockDriver } from './redis-lock.driver.js';
