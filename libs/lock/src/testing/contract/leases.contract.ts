import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { freshKey, grant, pause, shared, status, type LockSuite } from './lock-suite.js';

/** Grants, tokens, renewals and releases of one key. */
export function leasesContract(suite: LockSuite): void {
  describe('acquire', () => {
    it('grants a free key and refuses it to others', async () => {
      const key = freshKey();
      await suite.take(grant(key));
      expect(await status(suite.one.acquire(grant(key)))).toBe('busy');
      expect(await status(suite.other.acquire(grant(key)))).toBe('busy');
    });

    it('keeps keys apart', async () => {
      await suite.take(grant(freshKey()));
      await suite.take(grant(freshKey()));
    });

    it('grants a key to exactly one of many at once', async () => {
      const key = freshKey();
      const tries = Array.from({ length: 40 }, (_, index) =>
        status((index % 2 ? suite.one : suite.other).acquire(grant(key))),
      );
      expect((await Promise.all(tries)).filter((answer) => answer === 'granted')).toHaveLength(1);
    });

    it('answers the same owner again, with the lease started anew', async () => {
      const again = grant(freshKey(), { ttlMs: 400 });
      const first = await suite.take(again);
      const second = await suite.take({ ...again, ttlMs: 30_000 }, suite.other);
      expect(second.token).toBeGreaterThan(first.token);
      await pause(600);
      expect(await status(suite.one.acquire(grant(again.keys[0])))).toBe('busy');
    });

    it('grants the key again once its lease has ended, in any mode', async () => {
      for (const mode of ['exclusive', 'shared'] as const) {
        const key = freshKey();
        await suite.take(grant(key, { ttlMs: 200, mode }));
        await vi.waitFor(() => suite.take(grant(key), suite.other), { timeout: 10_000 });
      }
    });
  });

  describe('fencing tokens', () => {
    it('grow with every grant, after a release and after an expiry', async () => {
      const key = freshKey();
      const tokens: number[] = [];
      const first = await suite.take(grant(key));
      await suite.one.release(first);
      const second = await suite.take(grant(key, { ttlMs: 150 }), suite.other);
      const third = await vi.waitFor(() => suite.take(shared(key)), { timeout: 10_000 });
      const fourth = await suite.take(shared(key));
      tokens.push(first.token, second.token, third.token, fourth.token);
      expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
    });

    it('begin at the time in microseconds, so that a store without memory hands out no old number', async () => {
      const { token } = await suite.take(grant(freshKey()));
      expect(token / 1000).toBeGreaterThan(Date.now() - 3_600_000);
      expect(Number.isSafeInteger(token)).toBe(true);
    });

    it('of several keys together is larger than the last of each', async () => {
      const keys = [freshKey(), freshKey()].sort();
      const singles = await Promise.all(keys.map((key) => suite.take(grant(key))));
      await Promise.all(singles.map((single) => suite.one.release(single)));
      const { token } = await suite.take(grant(keys));
      for (const single of singles) expect(token).toBeGreaterThan(single.token);
    });
  });

  describe('extend', () => {
    it('starts the lease anew for its owner, in any mode', async () => {
      for (const mode of ['exclusive', 'shared'] as const) {
        const mine = grant(freshKey(), { ttlMs: 400, mode });
        await suite.take(mine);
        expect(await suite.one.extend({ ...mine, ttlMs: 30_000 })).toBe(true);
        await pause(600);
        expect(await status(suite.other.acquire(grant(mine.keys[0])))).toBe('busy');
      }
    });

    it('refuses a stranger, an unknown key and an ended lease', async () => {
      for (const mode of ['exclusive', 'shared'] as const) {
        const mine = await suite.take(grant(freshKey(), { ttlMs: 150, mode }));
        expect(await suite.one.extend({ ...mine, owner: randomUUID() })).toBe(false);
        expect(await suite.one.extend(grant(freshKey(), { mode }))).toBe(false);
        await pause(300);
        expect(await suite.one.extend(mine)).toBe(false);
      }
    });

    it('hands the lease to an heir, once', async () => {
      for (const mode of ['exclusive', 'shared'] as const) {
        const mine = await suite.take(grant(freshKey(), { mode }));
        expect(await suite.other.extend(mine, 'heir/1')).toBe(true);
        expect(await suite.other.extend(mine, 'heir/2')).toBe(false);
        expect(await suite.one.extend(mine)).toBe(false);
        expect((await suite.one.release(mine)).released).toBe(false);
        expect(await suite.one.inspect(mine.keys[0])).toMatchObject({
          holders: [{ owner: 'heir/1', token: mine.token }],
        });
      }
    });
  });

  describe('release', () => {
    it('frees the key for others, once', async () => {
      const mine = await suite.take(grant(freshKey()));
      expect(await suite.one.release(mine)).toEqual({ released: true, wake: [] });
      expect(await suite.one.release(mine)).toMatchObject({ released: false, wake: [] });
      await suite.take(grant(mine.keys[0]), suite.other);
    });

    it('never frees what somebody else holds', async () => {
      const mine = await suite.take(grant(freshKey()));
      expect((await suite.other.release({ ...mine, owner: randomUUID() })).released).toBe(false);
      expect(await status(suite.other.acquire(grant(mine.keys[0])))).toBe('busy');
    });
  });
}
