export { Locked, type LockKey, type LockedOptions } from './decorators/locked.decorator.js';
export { assertFence } from './fencing/assert-fence.js';
export { StaleFenceError } from './fencing/fence.errors.js';
export { fencedRepository, fencedTransaction, type Fence, type FencedRepository } from './fencing/fenced-repository.js';
export type { HandedOver, LockAnswer, LockDriver, LockGrant, LockHolder, LockMode, LockRecord } from './lock.driver.js';
export {
  LockBusyError,
  LockError,
  LockLostError,
  LockModeError,
  LockReentryError,
  LockTimeoutError,
  LockUpgradeError,
} from './lock.errors.js';
export type { Lock, TransferredLock, UpgradeOptions } from './lock.handle.js';
export type { LockHolderInfo, LockInfo } from './lock-info.js';
export { LockExceptionFilter } from './lock-exception.filter.js';
export { LockModule } from './lock.module.js';
export type { AcquireOptions, LockKeys, LockModuleOptions, LockOptions, TryOptions } from './lock.options.js';
export { LockService } from './lock.service.js';
