import { checkMs, checkName, InvalidInputError, type Backend, type TransactionManager } from '@rookery/core';
import type { LockMode } from './lock.driver.js';

/** How a lock is held. */
export interface LockOptions {
  /**
   * Milliseconds until the lease ends at the store when its holder is gone. A living holder renews it at a third of
   * this. At least 100. @default 30000
   */
  ttlMs?: number;
  /** Whether the lease is renewed while the lock is held. Without, the lock is lost after `ttlMs`. @default true */
  autoRenew?: boolean;
  /** Milliseconds after which the lock is given up whatever its holder does. @default no limit */
  maxHoldMs?: number;
  /** `shared` lets others in who share it too; a waiting `exclusive` is not overtaken. @default 'exclusive' */
  mode?: 'exclusive' | 'shared';
  /** Makes it a semaphore: this many may hold the key at the same time. The same number everywhere. */
  permits?: number;
  /** How many of the `permits` this one takes. @default 1 */
  weight?: number;
}

/** How a lock is tried for and held. */
export interface TryOptions extends LockOptions {
  /** Gives up asking or waiting. Does not end a lock that is already held. */
  signal?: AbortSignal;
}

/** How a lock is waited for and held. */
export interface AcquireOptions extends TryOptions {
  /** Milliseconds to wait while somebody else holds the lock; 0 tries once. @default 10000 */
  waitMs?: number;
  /**
   * The EntityManager of a running PostgreSQL transaction. The lock is then taken by that transaction
   * (`pg_advisory_xact_lock`) and ends with it, whatever the backend. It excludes others who pass `transaction` on the
   * same database, not those who do not. `ttlMs`, `autoRenew`, `maxHoldMs` and `permits` mean nothing to it.
   */
  transaction?: TransactionManager;
}

/** Options of `LockModule.forRoot()`. */
export interface LockModuleOptions {
  /** The store. @default the backend of ClusterModule, else memory() */
  backend?: Backend;
  /**
   * Independent Redis servers, 3 or 5 of them (not replicas of each other): a majority grants each lock, so that one may
   * fail or forget. The backend then only carries the wake-ups; with memory(), waiters elsewhere ask every 0.5 s.
   *
   * @example quorum: ['redis://a', 'redis://b', 'redis://c'].map((url) => redis({ url }))
   */
  quorum?: readonly Backend[];
  /** `ttlMs` of locks that set none. @default 30000 */
  ttlMs?: number;
  /** `waitMs` of locks that set none. @default 10000 */
  waitMs?: number;
}

/** One key, or several that are granted all together or not at all. */
export type LockKeys = string | readonly string[];

/** Below this, a lease would end between two renewals of a busy process. */
const MIN_TTL_MS = 100;

/** What `acquire` was asked for, checked and with every default filled in. */
export interface LockRequest {
  /** Sorted, without doubles. */
  keys: readonly string[];
  /** The keys in words. */
  label: string;
  ttlMs: number;
  waitMs: number;
  autoRenew: boolean;
  maxHoldMs: number;
  mode: LockMode;
  permits: number;
  weight: number;
  signal?: AbortSignal;
  transaction?: TransactionManager;
}

/** @throws InvalidInputError naming what is wrong */
export function checkedRequest(given: LockKeys, options: AcquireOptions, defaults: LockModuleOptions): LockRequest {
  const keys = checkedKeys(given);
  const label = keys.join(', ');
  const { autoRenew = true, maxHoldMs, mode = 'exclusive', permits, weight = 1, signal, transaction } = options;
  checkSharing(label, options);
  return {
    keys,
    label,
    ttlMs: checkMs(`ttlMs of lock "${label}"`, options.ttlMs ?? defaults.ttlMs ?? 30_000, MIN_TTL_MS),
    waitMs: checkMs(`waitMs of lock "${label}"`, options.waitMs ?? defaults.waitMs ?? 10_000),
    autoRenew,
    maxHoldMs: maxHoldMs === undefined ? Infinity : checkMs(`maxHoldMs of lock "${label}"`, maxHoldMs, 1),
    mode: permits === undefined ? mode : 'permits',
    permits: permits ?? 1,
    weight,
    signal,
    transaction,
  };
}

function checkedKeys(given: LockKeys): string[] {
  if (typeof given === 'string') return [checkName('The lock key', given)];
  const keys = Array.isArray(given) ? [...new Set(given as string[])] : [given as unknown as string];
  if (keys.length === 0) throw new InvalidInputError('The list of lock keys', 'empty', 'at least one key');
  // Code point order, as the stores sort: everybody asks for keys in the same order.
  return keys.map((key) => checkName('The lock key', key)).sort();
}

function checkSharing(label: string, { mode, permits, weight = 1 }: LockOptions): void {
  if (mode !== undefined && mode !== 'exclusive' && mode !== 'shared')
    throw new InvalidInputError(`mode of lock "${label}"`, mode, '"exclusive" or "shared"');
  if (mode !== undefined && permits !== undefined)
    throw new InvalidInputError(`mode of lock "${label}"`, mode, 'left out where permits are given');
  if (permits !== undefined && !isCount(permits))
    throw new InvalidInputError(`permits of lock "${label}"`, permits, 'a whole number from 1 to 1000000');
  if (!isCount(weight) || weight > (permits ?? 1))
    throw new InvalidInputError(
      `weight of lock "${label}"`,
      weight,
      `a whole number from 1 to its permits (${permits ?? 1})`,
    );
}

const isCount = (value: number) => Number.isInteger(value) && value >= 1 && value <= 1_000_000;
