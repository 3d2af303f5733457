import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LockDriver } from '../lock.driver.js';

/** What the suite needs of whoever runs it. */
export interface LockContractHost {
  /** A further, unopened driver on the same store, as another replica would have it. */
  create(): LockDriver | Promise<LockDriver>;
}

/**
 * What every {@link LockDriver} must do. Run it for a driver of your own.
 *
 * @example lockDriverContract('redis', { create: () => new RedisLockDriver(redis({ url })) });
 */
export function lockDriverContract(name: string, host: LockContractHost): void {
  describe(`lock driver contract: ${name}`, () => {
    let one: LockDriver;
    let other: LockDriver;

    beforeAll(async () => {
      [one, other] = await Promise.all([host.create(), host.create()]);
      await Promise.all([one.open(), other.open()]);
    });
    afterAll(async () => {
      await Promise.all([one.close(), other.close()]);
    });

    const grant = (key: string, ttlMs = 30_000) => ({ key, owner: randomUUID(), ttlMs });
    const freshKey = () => `key {with} braces: ${randomUUID()}`;

    describe('acquire', () => {
      it('grants a free key and refuses it to others', async () => {
        const key = freshKey();
        expect(await one.acquire(grant(key))).toEqual(expect.any(Number));
        expect(await one.acquire(grant(key))).toBeNull();
        expect(await other.acquire(grant(key))).toBeNull();
      });

      it('keeps keys apart', async () => {
        expect(await one.acquire(grant(freshKey()))).not.toBeNull();
        expect(await one.acquire(grant(freshKey()))).not.toBeNull();
      });

      it('grants a key to exactly one of many at once', async () => {
        const key = freshKey();
        const tries = Array.from({ length: 40 }, (_, index) => (index % 2 ? one : other).acquire(grant(key)));
        expect((await Promise.all(tries)).filter((token) => token !== null)).toHaveLength(1);
      });

      it('answers the same owner again, with the lease started anew', async () => {
        const again = { ...grant(freshKey()), ttlMs: 400 };
        const first = await one.acquire(again);
        const second = await other.acquire({ ...again, ttlMs: 30_000 });
        expect(second).toBeGreaterThan(first!);
        await pause(600);
        expect(await one.acquire(grant(again.key))).toBeNull();
      });

      it('grants the key again once its lease has ended', async () => {
        const key = freshKey();
        await one.acquire(grant(key, 200));
        await vi.waitFor(async () => expect(await other.acquire(grant(key))).not.toBeNull(), { timeout: 10_000 });
      });
    });

    describe('fencing tokens', () => {
      it('grow with every grant, after a release and after an expiry', async () => {
        const key = freshKey();
        const first = grant(key);
        const tokens = [await one.acquire(first)];
        await one.release(key, first.owner);
        tokens.push(await other.acquire(grant(key, 150)));
        await vi.waitFor(async () => {
          const token = await one.acquire(grant(key));
          expect(token).not.toBeNull();
          tokens.push(token);
        });
        expect(tokens).toEqual([...tokens].sort((a, b) => a! - b!));
        expect(new Set(tokens).size).toBe(tokens.length);
      });

      it('begin at the time in microseconds, so that a store without memory hands out no old number', async () => {
        const token = await one.acquire(grant(freshKey()));
        expect(token! / 1000).toBeGreaterThan(Date.now() - 3_600_000);
      });
    });

    describe('extend', () => {
      it('starts the lease anew for its owner', async () => {
        const mine = { ...grant(freshKey()), ttlMs: 400 };
        await one.acquire(mine);
        expect(await one.extend({ ...mine, ttlMs: 30_000 })).toBe(true);
        await pause(600);
        expect(await other.acquire(grant(mine.key))).toBeNull();
      });

      it('refuses a stranger, an unknown key and an ended lease', async () => {
        const mine = grant(freshKey(), 150);
        await one.acquire(mine);
        expect(await one.extend({ ...mine, owner: randomUUID() })).toBe(false);
        expect(await one.extend(grant(freshKey()))).toBe(false);
        await pause(300);
        expect(await one.extend(mine)).toBe(false);
      });
    });

    describe('release', () => {
      it('frees the key for others, once', async () => {
        const mine = grant(freshKey());
        await one.acquire(mine);
        expect(await one.release(mine.key, mine.owner)).toBe(true);
        expect(await one.release(mine.key, mine.owner)).toBe(false);
        expect(await other.acquire(grant(mine.key))).not.toBeNull();
      });

      it('never frees what somebody else holds', async () => {
        const mine = grant(freshKey());
        await one.acquire(mine);
        expect(await other.release(mine.key, randomUUID())).toBe(false);
        expect(await other.acquire(grant(mine.key))).toBeNull();
      });
    });
  });
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
