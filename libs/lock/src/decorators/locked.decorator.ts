import { aroundMethod, type MethodCall } from '@rookery/core';
import { LockBusyError, LockTimeoutError } from '../lock.errors.js';
import type { AcquireOptions, LockKeys } from '../lock.options.js';
import { LockService } from '../lock.service.js';

/** A fixed key, or a key made from the method's own arguments; several keys are held together. */
export type LockKey<Args extends unknown[]> = LockKeys | ((...args: Args) => LockKeys);

/** Options of `@Locked()`. */
export interface LockedOptions extends Omit<AcquireOptions, 'signal' | 'transaction'> {
  /**
   * What a call does while somebody else holds the lock: waits up to `waitMs`, resolves to `undefined` without running
   * the method, or rejects with `LockBusyError`. @default 'wait'; with `waitMs: 0` 'throw'
   */
  busy?: 'wait' | 'skip' | 'throw';
}

/**
 * Runs the method while holding a lock, so that one call at a time is in it over all replicas. Works on providers,
 * controllers, request-scoped and inherited classes.
 *
 * @throws LockTimeoutError from the method, after `waitMs`
 * @throws LockBusyError from the method, with `busy: 'throw'`
 * @throws LockReentryError from the method, when its caller holds the lock already
 * @example
 * @Locked((id: string) => `subscription:${id}`, { waitMs: 5_000 })
 * async renew(id: string) { … }
 */
// oxlint-disable-next-line typescript/no-explicit-any -- a fixed key fits a method with any arguments
export function Locked<Args extends unknown[] = any[]>(key: LockKey<Args>, options: LockedOptions = {}) {
  const { busy = options.waitMs === 0 ? 'throw' : 'wait', ...how } = options;
  const waitMs = busy === 'wait' ? how.waitMs : 0;
  return aroundMethod<LockService, Args>(
    LockService,
    'LockService for @Locked() (import LockModule or ClusterModule)',
    async (locks, call) => {
      let entered = false;
      const work = () => {
        entered = true;
        return call.proceed();
      };
      try {
        return await locks.using(keysOf(key, call), work, { ...how, waitMs });
      } catch (error) {
        // A timeout from inside the method is about another lock.
        if (entered || busy === 'wait' || !isBusy(error)) throw error;
        if (busy === 'skip') return undefined;
        throw new LockBusyError(error.key);
      }
    },
  );
}

/** With a cause, it was the store that failed. */
function isBusy(error: unknown): error is LockTimeoutError {
  return error instanceof LockTimeoutError && error.cause === undefined;
}

function keysOf<Args extends unknown[]>(key: LockKey<Args>, call: MethodCall<Args>): LockKeys {
  return typeof key === 'function' ? key(...call.args) : key;
}
