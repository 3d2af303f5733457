import { aroundMethod, type MethodCall } from '@rookery/core';
import { LockBusyError, LockTimeoutError } from '../lock.errors.js';
import type { AcquireOptions } from '../lock.options.js';
import { LockService } from '../lock.service.js';

/** A fixed key, or a key made from the method's own arguments. */
export type LockKey<Args extends unknown[]> = string | ((...args: Args) => string);

/** Options of `@Locked()`. */
export type LockedOptions = Omit<AcquireOptions, 'signal'>;

/**
 * Runs the method while holding a lock, so that one call at a time is in it over all replicas. Works on providers,
 * controllers and request-scoped classes.
 *
 * @throws LockBusyError from the method, with `waitMs: 0`, when somebody else holds the lock
 * @throws LockTimeoutError from the method, after `waitMs`
 * @example
 * @Locked((id: string) => `subscription:${id}`, { waitMs: 5_000 })
 * async renew(id: string) { … }
 */
export function Locked<Args extends unknown[]>(key: LockKey<Args>, options: LockedOptions = {}) {
  return aroundMethod<LockService, Args>(
    LockService,
    'LockService for @Locked() (import LockModule or ClusterModule)',
    async (locks, call) => {
      const lockKey = keyOf(key, call);
      try {
        return await locks.using(lockKey, () => call.proceed(), options);
      } catch (error) {
        if (
          options.waitMs === 0 &&
          error instanceof LockTimeoutError &&
          error.key === lockKey &&
          error.cause === undefined
        )
          throw new LockBusyError(lockKey);
        throw error;
      }
    },
  );
}

function keyOf<Args extends unknown[]>(key: LockKey<Args>, call: MethodCall<Args>): string {
  return typeof key === 'string' ? key : key(...call.args);
}
