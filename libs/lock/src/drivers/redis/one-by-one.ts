import type { LockAnswer, LockGrant } from '../../lock.driver.js';
import type { RedisLockDriver } from './redis-lock.driver.js';

/** The same request, key by key, for keys that live on different servers. */
export const oneByOne = (grant: LockGrant): LockGrant[] => grant.keys.map((key) => ({ ...grant, keys: [key] }));

/** In order, as the scripts do it; what was granted is given back unless the owner waits for the rest. */
export async function acquireOneByOne(
  driver: RedisLockDriver,
  grant: LockGrant,
  waitedMs?: number,
): Promise<LockAnswer> {
  const wake: string[] = [];
  const granted: { one: LockGrant; token: number }[] = [];
  for (const one of oneByOne(grant)) {
    const answer = await driver.acquire(one, waitedMs);
    wake.push(...answer.wake);
    if (answer.status === 'granted') {
      granted.push({ one, token: answer.token });
      continue;
    }
    if (answer.status !== 'busy' || waitedMs === undefined) {
      const outcomes = await Promise.all(granted.map(({ one: given }) => driver.release(given)));
      wake.push(...outcomes.flatMap((outcome) => outcome.wake));
    }
    return { ...answer, wake };
  }
  const token = Math.max(...granted.map((each) => each.token));
  // One token for all keys: each key must hand out a larger one next time.
  const behind = granted.filter((each) => each.token < token);
  await Promise.all(behind.map(({ one }) => driver.acquire(one, waitedMs, token)));
  return { status: 'granted', token, wake };
}

export async function releaseOneByOne(driver: RedisLockDriver, grant: LockGrant) {
  const outcomes = await Promise.all(oneByOne(grant).map((one) => driver.release(one)));
  return { released: outcomes.every(({ released }) => released), wake: outcomes.flatMap(({ wake }) => wake) };
}
