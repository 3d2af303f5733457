import { describe, expect, it, vi } from 'vitest';
import { freshKey, grant, pause, status, type LockSuite } from './lock-suite.js';

/** Who comes next, for one key and for several. */
export function lineContract(suite: LockSuite): void {
  describe('the line', () => {
    it('hands the key to who waited longest, whoever asks meanwhile', async () => {
      const key = freshKey();
      const holder = await suite.take(grant(key));
      const [late, early] = [grant(key), grant(key)];
      expect(await status(suite.one.acquire(late, 10))).toBe('busy');
      expect(await status(suite.other.acquire(early, 500))).toBe('busy');
      expect(await suite.one.release(holder)).toMatchObject({ released: true, wake: [early.owner] });
      expect(await status(suite.one.acquire(grant(key)))).toBe('busy');
      expect(await status(suite.one.acquire(late, 20))).toBe('busy');
      await suite.take(early, suite.other);
      expect((await suite.other.release(early)).wake).toEqual([late.owner]);
    });

    it('forgets who gives up, and passes on what it was handed', async () => {
      const key = freshKey();
      const holder = await suite.take(grant(key));
      const [first, second, third] = [grant(key), grant(key), grant(key)];
      await suite.one.acquire(first, 30);
      await suite.one.acquire(second, 20);
      await suite.one.acquire(third, 10);
      expect(await suite.one.release(first)).toMatchObject({ released: false, wake: [] });
      expect((await suite.one.release(holder)).wake).toEqual([second.owner]);
      expect((await suite.one.release(second)).wake).toEqual([third.owner]);
    });

    it('drops who stopped asking', async () => {
      const key = freshKey();
      const holder = await suite.take(grant(key));
      await suite.one.acquire(grant(key), 1_000);
      await pause(2_500);
      const patient = grant(key);
      await suite.one.acquire(patient, 0);
      expect((await suite.one.release(holder)).wake).toEqual([patient.owner]);
    });

    it('leaves no trace of who does not wait', async () => {
      const holder = await suite.take(grant(freshKey()));
      await suite.one.acquire(grant(holder.keys[0]));
      expect(await suite.one.inspect(holder.keys[0])).toMatchObject({ waiters: 0 });
      expect((await suite.one.release(holder)).wake).toEqual([]);
      expect(await suite.one.inspect(holder.keys[0])).toBeNull();
    });
  });

  describe('several keys', () => {
    const keysOf = (count: number) => Array.from({ length: count }, freshKey).sort();

    it('are granted, extended and released together', async () => {
      const keys = keysOf(3);
      const mine = await suite.take(grant(keys));
      for (const key of keys) expect(await status(suite.other.acquire(grant(key)))).toBe('busy');
      expect(await suite.one.extend(mine)).toBe(true);
      expect((await suite.one.release(mine)).released).toBe(true);
      for (const key of keys) await suite.take(grant(key), suite.other);
      expect(await suite.one.extend(mine)).toBe(false);
    });

    it('are not granted in part', async () => {
      const keys = keysOf(3);
      await suite.take(grant(keys[1]), suite.other);
      expect(await status(suite.one.acquire(grant(keys)))).toBe('busy');
      await suite.take(grant(keys[0]), suite.other);
      await suite.take(grant(keys[2]), suite.other);
    });

    it('wait for the first that is taken while they keep those before it', async () => {
      const keys = keysOf(3);
      const holder = await suite.take(grant(keys[1]), suite.other);
      const mine = grant(keys);
      expect(await status(suite.one.acquire(mine, 0))).toBe('busy');
      expect(await status(suite.other.acquire(grant(keys[0])))).toBe('busy');
      expect((await suite.other.release(holder)).wake).toEqual([mine.owner]);
      await suite.take(mine);
    });

    it.each(['exclusive', 'shared'] as const)(
      'keep those before it for as long as their owner asks (%s)',
      async (mode) => {
        const keys = keysOf(2);
        await suite.take(grant(keys[1]), suite.other);
        const mine = grant(keys, { mode });
        for (let asked = 0; asked < 4; asked++) {
          expect(await status(suite.one.acquire(mine, asked))).toBe('busy');
          await pause(800);
        }
        expect(await status(suite.other.acquire(grant(keys[0])))).toBe('busy');
        await vi.waitFor(() => suite.take(grant(keys[0]), suite.other), { timeout: 10_000 });
      },
    );

    it('give back those before the first that is taken when their owner gives up', async () => {
      const keys = keysOf(2);
      await suite.take(grant(keys[1]), suite.other);
      const mine = grant(keys);
      const next = grant(keys[0]);
      await suite.one.acquire(mine, 0);
      await suite.other.acquire(next, 0);
      expect(await suite.one.release(mine)).toMatchObject({ released: false, wake: [next.owner] });
    });
  });
}
