import { resourceKey } from '@rookery/core';
import type { RedisBackend, RedisScript } from '@rookery/core/redis';
import { acquireMutex } from 'redis-semaphore/lib/mutex/acquire.js';
import { refreshMutex } from 'redis-semaphore/lib/mutex/refresh.js';
import { modeOf, ruleOf } from '../../lock-rule.js';
import type { LockAnswer, LockDriver, LockGrant, LockHolder, LockRecord } from '../../lock.driver.js';
import { ACQUIRE, EXTEND, INSPECT, RELEASE } from './lock.scripts.js';
import { acquireOneByOne, oneByOne, releaseOneByOne } from './one-by-one.js';
import { scanLocks } from './scan-locks.js';

/**
 * Locks in Redis. One key held alone is redis-semaphore's mutex, without its polling and refreshing; what that lacks
 * (fencing tokens, a line of those who wait, sharing, permits, several keys) is done by scripts on Redis' own clock.
 */
export class RedisLockDriver implements LockDriver {
  constructor(private readonly backend: RedisBackend) {}

  open(): Promise<void> {
    return this.backend.open();
  }

  close(): Promise<void> {
    return this.backend.close();
  }

  /** @param above the token will be larger than this */
  async acquire(grant: LockGrant, waitedMs?: number, above = 0): Promise<LockAnswer> {
    if (this.isTorn(grant)) return acquireOneByOne(this, grant, waitedMs);
    // Written in the same tick, both commands travel in one packet: one round trip.
    const mutex = isSimple(grant) && !waitedMs ? this.takeMutex(grant) : undefined;
    const { owner, ttlMs, weight, keys } = grant;
    const waited = waitedMs === undefined ? -1 : Math.round(waitedMs);
    const [status, detail, wake] = await this.run(ACQUIRE, keys, [owner, ttlMs, ruleOf(grant), weight, waited, above]);
    await mutex;
    if (status === 'granted') return { status, token: Number(detail), wake };
    if (status !== 'mismatch') return { status: status as 'busy' | 'deadlock', wake };
    const [key, rule] = detail.split(' ');
    return { status, key: keys[Number(key)], inUse: rule, wake };
  }

  async extend(grant: LockGrant, heir?: string): Promise<boolean> {
    const { keys, owner, ttlMs, weight } = grant;
    if (this.isTorn(grant))
      return (await Promise.all(oneByOne(grant).map((one) => this.extend(one, heir)))).every(Boolean);
    if (isSimple(grant) && !heir) return refreshMutex(this.backend.client, this.name(keys[0]), owner, ttlMs);
    return (await this.run(EXTEND, keys, [owner, ttlMs, ruleOf(grant), weight, heir ?? owner])) === 1;
  }

  async release(grant: LockGrant): Promise<{ released: boolean; wake: readonly string[] }> {
    if (this.isTorn(grant)) return releaseOneByOne(this, grant);
    const [released, wake] = await this.run(RELEASE, grant.keys, [grant.owner]);
    return { released: released === 1, wake };
  }

  async inspect(key: string): Promise<LockRecord | null> {
    const found = await this.run(INSPECT, [key]);
    if (!found) return null;
    const [held, leftMs, lastToken, waiters, members] = found;
    const rule = /^\*(.+)$/.exec(held)?.[1] ?? 'exclusive';
    const alone = { owner: held, weight: 1, token: Number(lastToken), expiresInMs: leftMs };
    return { key, ...modeOf(rule), holders: rule === 'exclusive' ? [alone] : members.map(holderOf), waiters };
  }

  async list(prefix: string, limit: number): Promise<string[]> {
    const { client, namespace } = this.backend;
    return (await scanLocks(client, namespace, prefix)).sort().slice(0, limit);
  }

  private takeMutex({ keys, owner, ttlMs }: LockGrant): Promise<boolean> {
    const once = { lockTimeout: ttlMs, acquireTimeout: Infinity, acquireAttemptsLimit: 1, retryInterval: 0 };
    const mutex = acquireMutex(this.backend.client, this.name(keys[0]), { identifier: owner, ...once });
    mutex.catch(() => undefined);
    return mutex;
  }

  private run<Result>(script: RedisScript<Result>, keys: readonly string[], args: (string | number)[] = []) {
    const names = keys.flatMap((key) => [this.name(key), ...PARTS.map((part) => this.name(key, part))]);
    return script.run(this.backend.client, names, args);
  }

  private name(key: string, part?: string): string {
    return resourceKey(this.backend.namespace, 'lock', key, part);
  }

  /** In a Redis Cluster each key may be on another server, out of one script's reach. */
  private isTorn({ keys }: LockGrant): boolean {
    return keys.length > 1 && this.backend.client.isCluster;
  }
}

const PARTS = ['members', 'line', 'fence'];

const isSimple = ({ mode, keys }: LockGrant) => mode === 'exclusive' && keys.length === 1;

function holderOf([owner, weight, token, expiresInMs]: [string, string, string, string]): LockHolder {
  return { owner, weight: Number(weight), token: Number(token), expiresInMs: Number(expiresInMs) };
}
