import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LockAnswer, LockDriver, LockGrant } from '../lock.driver.js';

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

    const grant = (key: string | string[], more: Partial<LockGrant> = {}): LockGrant => ({
      keys: [key].flat(),
      owner: `replica/${randomUUID()}`,
      ttlMs: 30_000,
      mode: 'exclusive',
      permits: 1,
      weight: 1,
      ...more,
    });
    const shared = (key: string) => grant(key, { mode: 'shared' });
    const permit = (key: string, permits: number, weight = 1) => grant(key, { mode: 'permits', permits, weight });
    const freshKey = () => `key {with} 100 % braces: ${randomUUID()}`;
    const status = async (answer: Promise<LockAnswer>) => (await answer).status;
    const take = async (wanted: LockGrant, driver = one) => {
      const answer = await driver.acquire(wanted);
      if (answer.status !== 'granted') throw new Error(`The lock was not granted: ${answer.status}`);
      return { ...wanted, token: answer.token };
    };

    describe('acquire', () => {
      it('grants a free key and refuses it to others', async () => {
        const key = freshKey();
        await take(grant(key));
        expect(await status(one.acquire(grant(key)))).toBe('busy');
        expect(await status(other.acquire(grant(key)))).toBe('busy');
      });

      it('keeps keys apart', async () => {
        await take(grant(freshKey()));
        await take(grant(freshKey()));
      });

      it('grants a key to exactly one of many at once', async () => {
        const key = freshKey();
        const tries = Array.from({ length: 40 }, (_, index) => status((index % 2 ? one : other).acquire(grant(key))));
        expect((await Promise.all(tries)).filter((answer) => answer === 'granted')).toHaveLength(1);
      });

      it('answers the same owner again, with the lease started anew', async () => {
        const again = grant(freshKey(), { ttlMs: 400 });
        const first = await take(again);
        const second = await take({ ...again, ttlMs: 30_000 }, other);
        expect(second.token).toBeGreaterThan(first.token);
        await pause(600);
        expect(await status(one.acquire(grant(again.keys[0])))).toBe('busy');
      });

      it('grants the key again once its lease has ended, in any mode', async () => {
        for (const mode of ['exclusive', 'shared'] as const) {
          const key = freshKey();
          await take(grant(key, { ttlMs: 200, mode }));
          await vi.waitFor(() => take(grant(key), other), { timeout: 10_000 });
        }
      });
    });

    describe('fencing tokens', () => {
      it('grow with every grant, after a release and after an expiry', async () => {
        const key = freshKey();
        const tokens: number[] = [];
        const first = await take(grant(key));
        await one.release(first);
        const second = await take(grant(key, { ttlMs: 150 }), other);
        const third = await vi.waitFor(() => take(shared(key)), { timeout: 10_000 });
        const fourth = await take(shared(key));
        tokens.push(first.token, second.token, third.token, fourth.token);
        expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
      });

      it('begin at the time in microseconds, so that a store without memory hands out no old number', async () => {
        const { token } = await take(grant(freshKey()));
        expect(token / 1000).toBeGreaterThan(Date.now() - 3_600_000);
        expect(Number.isSafeInteger(token)).toBe(true);
      });

      it('of several keys together is larger than the last of each', async () => {
        const keys = [freshKey(), freshKey()].sort();
        const singles = await Promise.all(keys.map((key) => take(grant(key))));
        await Promise.all(singles.map((single) => one.release(single)));
        const { token } = await take(grant(keys));
        for (const single of singles) expect(token).toBeGreaterThan(single.token);
      });
    });

    describe('extend', () => {
      it('starts the lease anew for its owner, in any mode', async () => {
        for (const mode of ['exclusive', 'shared'] as const) {
          const mine = grant(freshKey(), { ttlMs: 400, mode });
          await take(mine);
          expect(await one.extend({ ...mine, ttlMs: 30_000 })).toBe(true);
          await pause(600);
          expect(await status(other.acquire(grant(mine.keys[0])))).toBe('busy');
        }
      });

      it('refuses a stranger, an unknown key and an ended lease', async () => {
        for (const mode of ['exclusive', 'shared'] as const) {
          const mine = await take(grant(freshKey(), { ttlMs: 150, mode }));
          expect(await one.extend({ ...mine, owner: randomUUID() })).toBe(false);
          expect(await one.extend(grant(freshKey(), { mode }))).toBe(false);
          await pause(300);
          expect(await one.extend(mine)).toBe(false);
        }
      });

      it('hands the lease to an heir, once', async () => {
        for (const mode of ['exclusive', 'shared'] as const) {
          const mine = await take(grant(freshKey(), { mode }));
          expect(await other.extend(mine, 'heir/1')).toBe(true);
          expect(await other.extend(mine, 'heir/2')).toBe(false);
          expect(await one.extend(mine)).toBe(false);
          expect((await one.release(mine)).released).toBe(false);
          expect(await one.inspect(mine.keys[0])).toMatchObject({ holders: [{ owner: 'heir/1', token: mine.token }] });
        }
      });
    });

    describe('release', () => {
      it('frees the key for others, once', async () => {
        const mine = await take(grant(freshKey()));
        expect(await one.release(mine)).toEqual({ released: true, wake: [] });
        expect(await one.release(mine)).toEqual({ released: false, wake: [] });
        await take(grant(mine.keys[0]), other);
      });

      it('never frees what somebody else holds', async () => {
        const mine = await take(grant(freshKey()));
        expect((await other.release({ ...mine, owner: randomUUID() })).released).toBe(false);
        expect(await status(other.acquire(grant(mine.keys[0])))).toBe('busy');
      });
    });

    describe('the line', () => {
      it('hands the key to who waited longest, whoever asks meanwhile', async () => {
        const key = freshKey();
        const holder = await take(grant(key));
        const [late, early] = [grant(key), grant(key)];
        expect(await status(one.acquire(late, 10))).toBe('busy');
        expect(await status(other.acquire(early, 500))).toBe('busy');
        expect(await one.release(holder)).toEqual({ released: true, wake: [early.owner] });
        expect(await status(one.acquire(grant(key)))).toBe('busy');
        expect(await status(one.acquire(late, 20))).toBe('busy');
        await take(early, other);
        expect((await other.release(early)).wake).toEqual([late.owner]);
      });

      it('forgets who gives up, and passes on what it was handed', async () => {
        const key = freshKey();
        const holder = await take(grant(key));
        const [first, second, third] = [grant(key), grant(key), grant(key)];
        await one.acquire(first, 30);
        await one.acquire(second, 20);
        await one.acquire(third, 10);
        expect(await one.release(first)).toEqual({ released: false, wake: [] });
        expect((await one.release(holder)).wake).toEqual([second.owner]);
        expect((await one.release(second)).wake).toEqual([third.owner]);
      });

      it('drops who stopped asking', async () => {
        const key = freshKey();
        const holder = await take(grant(key));
        await one.acquire(grant(key), 1_000);
        await pause(2_500);
        const patient = grant(key);
        await one.acquire(patient, 0);
        expect((await one.release(holder)).wake).toEqual([patient.owner]);
      });

      it('leaves no trace of who does not wait', async () => {
        const holder = await take(grant(freshKey()));
        await one.acquire(grant(holder.keys[0]));
        expect(await one.inspect(holder.keys[0])).toMatchObject({ waiters: 0 });
        expect((await one.release(holder)).wake).toEqual([]);
        expect(await one.inspect(holder.keys[0])).toBeNull();
      });
    });

    describe('shared', () => {
      it('lets readers in together and keeps writers out until the last has left', async () => {
        const key = freshKey();
        const readers = await Promise.all([take(shared(key)), take(shared(key), other)]);
        expect(await status(one.acquire(grant(key)))).toBe('busy');
        await one.release(readers[0]);
        expect(await status(one.acquire(grant(key)))).toBe('busy');
        await one.release(readers[1]);
        await take(grant(key));
        expect(await status(other.acquire(shared(key)))).toBe('busy');
      });

      it('does not starve a waiting writer', async () => {
        const key = freshKey();
        const reader = await take(shared(key));
        const writer = grant(key);
        const late = shared(key);
        await one.acquire(writer, 5);
        expect(await status(other.acquire(late, 0))).toBe('busy');
        expect((await one.release(reader)).wake).toEqual([writer.owner]);
        await take(writer);
        expect((await one.release(writer)).wake).toEqual([late.owner]);
      });

      it('hands the key to all readers in front of the next writer', async () => {
        const key = freshKey();
        const holder = await take(grant(key));
        const line = [shared(key), shared(key), grant(key), shared(key)];
        for (const [index, waiter] of line.entries()) await one.acquire(waiter, 1_000 - index * 100);
        expect((await one.release(holder)).wake).toEqual([line[0].owner, line[1].owner]);
      });

      it('outlives those of its holders whose leases have ended', async () => {
        const key = freshKey();
        await take(grant(key, { mode: 'shared', ttlMs: 200 }));
        const lasting = await take(shared(key), other);
        await pause(400);
        expect(await one.inspect(key)).toMatchObject({ holders: [{ owner: lasting.owner }] });
        expect(await status(one.acquire(grant(key)))).toBe('busy');
      });
    });

    describe('upgrade', () => {
      it('lets the only reader become the writer, before everybody in line', async () => {
        const key = freshKey();
        const [mine, theirs] = [await take(shared(key)), await take(shared(key), other)];
        await one.acquire(grant(key), 10_000);
        const upgraded: LockGrant = { ...mine, mode: 'exclusive' };
        expect(await status(one.acquire(upgraded, 0))).toBe('busy');
        expect((await other.release(theirs)).wake).toEqual([mine.owner]);
        expect((await take(upgraded)).token).toBeGreaterThan(mine.token);
        expect(await status(other.acquire(shared(key)))).toBe('busy');
      });

      it('refuses a second one, since each would wait for the other; both still share', async () => {
        const key = freshKey();
        const [mine, theirs] = [await take(shared(key)), await take(shared(key), other)];
        await one.acquire({ ...mine, mode: 'exclusive' }, 0);
        expect(await status(other.acquire({ ...theirs, mode: 'exclusive' }, 0))).toBe('deadlock');
        expect(await Promise.all([one.extend(mine), other.extend(theirs)])).toEqual([true, true]);
      });
    });

    describe('permits', () => {
      it('lets in as many as there are, by weight', async () => {
        const key = freshKey();
        const heavy = await take(permit(key, 5, 3));
        await take(permit(key, 5, 2), other);
        expect(await status(one.acquire(permit(key, 5)))).toBe('busy');
        await one.release(heavy);
        await take(permit(key, 5, 2));
        await take(permit(key, 5), other);
        expect(await status(one.acquire(permit(key, 5)))).toBe('busy');
      });

      it('never lets in more than there are, of many at once', async () => {
        const key = freshKey();
        const tries = Array.from({ length: 30 }, (_, index) =>
          status((index % 2 ? one : other).acquire(permit(key, 4))),
        );
        expect((await Promise.all(tries)).filter((answer) => answer === 'granted')).toHaveLength(4);
      });

      it('does not let the light overtake the heavy', async () => {
        const key = freshKey();
        const holders = [await take(permit(key, 3)), await take(permit(key, 3)), await take(permit(key, 3))];
        const [heavy, light] = [permit(key, 3, 2), permit(key, 3)];
        await one.acquire(heavy, 100);
        await one.acquire(light, 0);
        expect((await one.release(holders[0])).wake).toEqual([]);
        expect((await one.release(holders[1])).wake).toEqual([heavy.owner]);
        expect((await one.release(holders[2])).wake).toEqual([light.owner]);
      });

      it('tells who asks in a way that does not fit what is in use', async () => {
        const key = freshKey();
        const holder = await take(permit(key, 3));
        for (const odd of [permit(key, 4), grant(key), shared(key)])
          expect(await other.acquire(odd, 0)).toEqual({ status: 'mismatch', key, inUse: '3', wake: [] });
        await one.release(holder);
        await take(shared(key));
        expect(await other.acquire(permit(key, 3))).toMatchObject({ status: 'mismatch', inUse: 'shared' });
      });
    });

    describe('several keys', () => {
      const keysOf = (count: number) => Array.from({ length: count }, freshKey).sort();

      it('are granted, extended and released together', async () => {
        const keys = keysOf(3);
        const mine = await take(grant(keys));
        for (const key of keys) expect(await status(other.acquire(grant(key)))).toBe('busy');
        expect(await one.extend(mine)).toBe(true);
        expect((await one.release(mine)).released).toBe(true);
        for (const key of keys) await take(grant(key), other);
        expect(await one.extend(mine)).toBe(false);
      });

      it('are not granted in part', async () => {
        const keys = keysOf(3);
        await take(grant(keys[1]), other);
        expect(await status(one.acquire(grant(keys)))).toBe('busy');
        await take(grant(keys[0]), other);
        await take(grant(keys[2]), other);
      });

      it('wait for the first that is taken while they keep those before it', async () => {
        const keys = keysOf(3);
        const holder = await take(grant(keys[1]), other);
        const mine = grant(keys);
        expect(await status(one.acquire(mine, 0))).toBe('busy');
        expect(await status(other.acquire(grant(keys[0])))).toBe('busy');
        expect((await other.release(holder)).wake).toEqual([mine.owner]);
        await take(mine);
      });

      it('give back those before the first that is taken when their owner gives up', async () => {
        const keys = keysOf(2);
        await take(grant(keys[1]), other);
        const mine = grant(keys);
        const next = grant(keys[0]);
        await one.acquire(mine, 0);
        await other.acquire(next, 0);
        expect(await one.release(mine)).toEqual({ released: false, wake: [next.owner] });
      });
    });

    describe('inspect and list', () => {
      it('tell who holds what', async () => {
        const mine = await take(permit(freshKey(), 4, 2));
        await one.acquire(permit(mine.keys[0], 4, 3), 0);
        const record = await other.inspect(mine.keys[0]);
        expect(record).toMatchObject({
          key: mine.keys[0],
          mode: 'permits',
          permits: 4,
          holders: [{ owner: mine.owner, weight: 2, token: mine.token }],
          waiters: 1,
        });
        expect(record!.holders[0].expiresInMs).toBeGreaterThan(0);
        expect(record!.holders[0].expiresInMs).toBeLessThanOrEqual(30_000);
        const alone = await take(grant(freshKey()));
        expect(await other.inspect(alone.keys[0])).toMatchObject({
          mode: 'exclusive',
          permits: 1,
          holders: [{ owner: alone.owner, weight: 1, token: alone.token }],
          waiters: 0,
        });
      });

      it('know nothing of a key that nobody holds', async () => {
        const mine = await take(shared(freshKey()));
        await one.release(mine);
        expect(await one.inspect(mine.keys[0])).toBeNull();
        expect(await one.list(mine.keys[0], 10)).toEqual([]);
      });

      it('find keys by how they begin, with nothing in them taken for a pattern', async () => {
        const prefix = `list[*]?{%}${randomUUID()}:`;
        const [b, a] = [await take(grant(`${prefix}b`)), await take(shared(`${prefix}a`))];
        await take(grant(`list*${prefix}`));
        expect(await one.list(prefix, 10)).toEqual([a.keys[0], b.keys[0]]);
        expect(await one.list(prefix, 1)).toEqual([a.keys[0]]);
      });
    });
  });
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
