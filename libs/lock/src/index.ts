export { Locked, type LockKey, type LockedOptions } from './decorators/locked.decorator.js';
export { assertFence, StaleFenceError } from './fencing/assert-fence.js';
export type { LockDriver, LockGrant } from './lock.driver.js';
export { LockBusyError, LockError, LockLostError, LockReentryError, LockTimeoutError } from './lock.errors.js';
export type { Lock } from './lock.handle.js';
export { LockModule } from './lock.module.js';
export type { AcquireOptions, LockModuleOptions, LockOptions } from './lock.options.js';
export { LockService } from './lock.service.js';
