import { RESERVED_MS, type LockAnswer, type LockGrant } from '../../lock.driver.js';
import type { RedisLockDriver } from './redis-lock.driver.js';

/** The same request, key by key, for keys that live on different servers. */
export const oneByOne = (grant: LockGrant): LockGrant[] => grant.keys.map((key) => ({ ...grant, keys: [key] }));

/** In order, as the scripts do it; what was granted is kept for a moment, or given back unless the owner waits. */
export async function acquireOneByOne(
  driver: RedisLockDriver,
  grant: LockGrant,
  waitedMs?: number,
): Promise<LockAnswer> {
  const all = oneByOne(grant);
  const wake: string[] = [];
  let token = 0;
  for (const [index, one] of all.entries()) {
    const answer = await driver.acquire({ ...one, ttlMs: RESERVED_MS }, waitedMs);
    wake.push(...answer.wake);
    if (answer.status === 'granted') {
      token = Math.max(token, answer.token);
      continue;
    }
    if (answer.status !== 'busy' || waitedMs === undefined) {
      const outcomes = await Promise.all(all.slice(0, index).map((given) => driver.release(given)));
      wake.push(...outcomes.flatMap((outcome) => outcome.wake));
    }
    return { ...answer, wake };
  }
  // One token for all keys, so that each hands out a larger one next time.
  const answers = await Promise.all(all.map((one) => driver.acquire(one, waitedMs, token)));
  return answers.every(({ status }) => status === 'granted')
    ? { status: 'granted', token, wake }
    : { status: 'busy', wake };
}

export async function releaseOneByOne(driver: RedisLockDriver, grant: LockGrant) {
  const outcomes = await Promise.all(oneByOne(grant).map((one) => driver.release(one)));
  return {
    released: outcomes.every(({ released }) => released),
    wake: outcomes.flatMap(({ wake }) => wake),
    told: outcomes.every(({ told }) => told),
  };
}
