import { resourceKey } from '@rookery/core';
import { RedisScript, type RedisBackend } from '@rookery/core/redis';
import { acquireMutex } from 'redis-semaphore/lib/mutex/acquire.js';
import { refreshMutex } from 'redis-semaphore/lib/mutex/refresh.js';
import { delIfEqualLua } from 'redis-semaphore/lib/mutex/release.js';
import type { LockDriver, LockGrant } from '../../lock.driver.js';

/**
 * Issues a token only while the caller owns the key. It also starts the lease anew: when the answer to an earlier
 * attempt was lost, the lease would otherwise be older than its holder believes. A token key may end a day after its
 * last use, because the clock alone makes the next token larger.
 */
const FENCE = new RedisScript<string | null>(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return nil end
redis.call('pexpire', KEYS[1], ARGV[2])
local time = redis.call('time')
local token = math.max(tonumber(redis.call('get', KEYS[2]) or '0') + 1, time[1] * 1000000 + time[2])
local text = string.format('%.0f', token)
redis.call('set', KEYS[2], text, 'PX', 86400000 + ARGV[2])
return text`);

/** Locks in Redis: redis-semaphore's mutex primitives without its polling and refreshing, plus a fencing token. */
export class RedisLockDriver implements LockDriver {
  constructor(private readonly backend: RedisBackend) {}

  open(): Promise<void> {
    return this.backend.open();
  }

  close(): Promise<void> {
    return this.backend.close();
  }

  async acquire({ key, owner, ttlMs }: LockGrant): Promise<number | null> {
    const { client } = this.backend;
    const once = {
      identifier: owner,
      lockTimeout: ttlMs,
      acquireTimeout: Infinity,
      acquireAttemptsLimit: 1,
      retryInterval: 0,
    };
    // Written in the same tick, both commands travel in one packet: one round trip.
    const mutex = acquireMutex(client, this.key(key), once);
    mutex.catch(() => undefined);
    const token = await FENCE.run(client, [this.key(key), this.key(key, 'fence')], [owner, ttlMs]);
    await mutex;
    return token === null ? null : Number(token);
  }

  extend({ key, owner, ttlMs }: LockGrant): Promise<boolean> {
    return refreshMutex(this.backend.client, this.key(key), owner, ttlMs);
  }

  async release(key: string, owner: string): Promise<boolean> {
    return Number(await delIfEqualLua(this.backend.client, [this.key(key), owner])) === 1;
  }

  private key(key: string, part?: string): string {
    return resourceKey(this.backend.namespace, 'lock', key, part);
  }
}
