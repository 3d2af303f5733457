import { randomUUID } from 'node:crypto';
import type { LockAnswer, LockDriver, LockGrant } from '../../lock.driver.js';

/** Two drivers on one store, as two replicas have them. */
export class LockSuite {
  one: LockDriver;
  other: LockDriver;

  /** @throws when it is not granted */
  async take(wanted: LockGrant, driver = this.one): Promise<LockGrant & { token: number }> {
    const answer = await driver.acquire(wanted);
    if (answer.status !== 'granted') throw new Error(`The lock was not granted: ${answer.status}`);
    return { ...wanted, token: answer.token };
  }
}

export const grant = (key: string | string[], more: Partial<LockGrant> = {}): LockGrant => ({
  keys: [key].flat(),
  owner: `replica/${randomUUID()}`,
  ttlMs: 30_000,
  mode: 'exclusive',
  permits: 1,
  weight: 1,
  ...more,
});

export const shared = (key: string) => grant(key, { mode: 'shared' });

export const permit = (key: string, permits: number, weight = 1) => grant(key, { mode: 'permits', permits, weight });

export const freshKey = () => `key {with} 100 % braces: ${randomUUID()}`;

export const status = async (answer: Promise<LockAnswer>) => (await answer).status;

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
