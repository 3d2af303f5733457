import { checkMs, checkName, type Backend } from '@rookery/core';

/** How a lock is held. */
export interface LockOptions {
  /**
   * Milliseconds until the lease ends at the store when its holder is gone. A living holder renews it at a third of
   * this. At least 100. @default 30000
   */
  ttlMs?: number;
}

/** How a lock is waited for and held. */
export interface AcquireOptions extends LockOptions {
  /** Milliseconds to wait while somebody else holds the lock; 0 tries once. @default 10000 */
  waitMs?: number;
  /** Gives up waiting. Does not end a lock that is already held. */
  signal?: AbortSignal;
}

/** Options of `LockModule.forRoot()`. */
export interface LockModuleOptions {
  /** The store. @default the backend of ClusterModule, else memory() */
  backend?: Backend;
  /** `ttlMs` of locks that set none. @default 30000 */
  ttlMs?: number;
  /** `waitMs` of locks that set none. @default 10000 */
  waitMs?: number;
}

/** Below this, a lease would end between two renewals of a busy process. */
const MIN_TTL_MS = 100;

/** @throws InvalidInputError naming what is wrong */
export function checkedOptions(key: string, options: AcquireOptions, defaults: LockModuleOptions) {
  checkName('The lock key', key);
  return {
    key,
    ttlMs: checkMs(`ttlMs of lock "${key}"`, options.ttlMs ?? defaults.ttlMs ?? 30_000, MIN_TTL_MS),
    waitMs: checkMs(`waitMs of lock "${key}"`, options.waitMs ?? defaults.waitMs ?? 10_000),
    signal: options.signal,
  };
}
