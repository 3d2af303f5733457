import { resourceKey } from '@rookery/core';
import type { RedisBackend, RedisScript } from '@rookery/core/redis';
import { refreshMutex } from 'redis-semaphore/lib/mutex/refresh.js';
import { modeOf, ruleOf } from '../../lock-rule.js';
import { channelOf } from '../../lock-info.js';
import type { HandedOver, LockAnswer, LockDriver, LockGrant, LockHolder, LockRecord } from '../../lock.driver.js';
import { ACQUIRE, EXTEND, INSPECT, RELEASE } from './lock.scripts.js';
import { acquireOneByOne, oneByOne, releaseOneByOne } from './one-by-one.js';
import { scanLocks } from './scan-locks.js';

/**
 * Locks in Redis. A key held alone is what redis-semaphore's mutex makes of it, so the two exclude each other, and it is
 * renewed by redis-semaphore's own primitive. What that library lacks is done by scripts on Redis' own clock: a fencing
 * token in the same step, a line of those who wait instead of polling, sharing, permits, several keys.
 */
export class RedisLockDriver implements LockDriver {
  readonly inOrder = true;

  /** @param bus where the store tells other replicas what was handed to them; without it, the caller does */
  constructor(
    private readonly backend: RedisBackend,
    private readonly bus?: RedisBackend['bus'],
  ) {}

  open(): Promise<void> {
    return this.backend.open();
  }

  close(): Promise<void> {
    return this.backend.close();
  }

  /** @param given the token that this grant has at other servers, to be remembered here */
  async acquire(grant: LockGrant, waitedMs?: number, given?: number): Promise<LockAnswer> {
    if (this.isTorn(grant)) return acquireOneByOne(this, grant, waitedMs);
    const { keys, owner, ttlMs, weight } = grant;
    const waited = waitedMs === undefined ? -1 : waitedMs.toFixed(3);
    const more = isSimple(grant) && !given ? [] : [ruleOf(grant), weight, given ?? ''];
    const answer = await this.run(ACQUIRE, keys, [owner, ttlMs, waited, ...more]);
    if (typeof answer === 'string') return { status: 'granted', token: Number(answer), wake: [] };
    const [status, detail, wake] = answer;
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

  async release(grant: LockGrant): Promise<HandedOver & { released: boolean }> {
    if (this.isTorn(grant)) return releaseOneByOne(this, grant);
    const { keys, owner } = grant;
    const answer = await this.run(RELEASE, keys, this.bus ? [owner, this.bus.name(channelOf(''))] : [owner]);
    if (answer === 1) return { released: true, wake: [] };
    const [released, wake] = answer;
    return { released: released === 1, wake, told: this.bus !== undefined };
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

  private run<Result>(script: RedisScript<Result>, keys: readonly string[], args: (string | number)[] = []) {
    const names = keys.flatMap((key) => {
      const name = this.name(key);
      return [name, `${name}:members`, `${name}:line`, `${name}:fence`];
    });
    return script.run(this.backend.client, names, args);
  }

  private name(key: string): string {
    return resourceKey(this.backend.namespace, 'lock', key);
  }

  /** In a Redis Cluster each key may be on another server, out of one script's reach. */
  private isTorn({ keys }: LockGrant): boolean {
    return keys.length > 1 && this.backend.client.isCluster;
  }
}

const isSimple = ({ mode, keys }: LockGrant) => mode === 'exclusive' && keys.length === 1;

function holderOf([owner, weight, token, expiresInMs]: [string, string, string, string]): LockHolder {
  return { owner, weight: Number(weight), token: Number(token), expiresInMs: Number(expiresInMs) };
}
