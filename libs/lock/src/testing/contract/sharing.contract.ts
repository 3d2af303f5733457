import { describe, expect, it } from 'vitest';
import type { LockGrant } from '../../lock.driver.js';
import { freshKey, grant, pause, permit, shared, status, type LockSuite } from './lock-suite.js';

/** Readers and writers, upgrades, permits. */
export function sharingContract(suite: LockSuite): void {
  describe('shared', () => {
    it('lets readers in together and keeps writers out until the last has left', async () => {
      const key = freshKey();
      const readers = await Promise.all([suite.take(shared(key)), suite.take(shared(key), suite.other)]);
      expect(await status(suite.one.acquire(grant(key)))).toBe('busy');
      await suite.one.release(readers[0]);
      expect(await status(suite.one.acquire(grant(key)))).toBe('busy');
      await suite.one.release(readers[1]);
      await suite.take(grant(key));
      expect(await status(suite.other.acquire(shared(key)))).toBe('busy');
    });

    it('does not starve a waiting writer', async () => {
      const key = freshKey();
      const reader = await suite.take(shared(key));
      const writer = grant(key);
      const late = shared(key);
      await suite.one.acquire(writer, 5);
      expect(await status(suite.other.acquire(late, 0))).toBe('busy');
      expect((await suite.one.release(reader)).wake).toEqual([writer.owner]);
      await suite.take(writer);
      expect((await suite.one.release(writer)).wake).toEqual([late.owner]);
    });

    it('hands the key to all readers in front of the next writer', async () => {
      const key = freshKey();
      const holder = await suite.take(grant(key));
      const line = [shared(key), shared(key), grant(key), shared(key)];
      for (const [index, waiter] of line.entries()) await suite.one.acquire(waiter, 1_000 - index * 100);
      expect((await suite.one.release(holder)).wake).toEqual([line[0].owner, line[1].owner]);
    });

    it('outlives those of its holders whose leases have ended', async () => {
      const key = freshKey();
      await suite.take(grant(key, { mode: 'shared', ttlMs: 200 }));
      const lasting = await suite.take(shared(key), suite.other);
      await pause(400);
      expect(await suite.one.inspect(key)).toMatchObject({ holders: [{ owner: lasting.owner }] });
      expect(await status(suite.one.acquire(grant(key)))).toBe('busy');
    });
  });

  describe('upgrade', () => {
    it('lets the only reader become the writer, before everybody in line', async () => {
      const key = freshKey();
      const [mine, theirs] = [await suite.take(shared(key)), await suite.take(shared(key), suite.other)];
      await suite.one.acquire(grant(key), 10_000);
      const upgraded: LockGrant = { ...mine, mode: 'exclusive' };
      expect(await status(suite.one.acquire(upgraded, 0))).toBe('busy');
      expect((await suite.other.release(theirs)).wake).toEqual([mine.owner]);
      expect((await suite.take(upgraded)).token).toBeGreaterThan(mine.token);
      expect(await status(suite.other.acquire(shared(key)))).toBe('busy');
    });

    it('refuses a second one, since each would wait for the other; both still share', async () => {
      const key = freshKey();
      const [mine, theirs] = [await suite.take(shared(key)), await suite.take(shared(key), suite.other)];
      await suite.one.acquire({ ...mine, mode: 'exclusive' }, 0);
      expect(await status(suite.other.acquire({ ...theirs, mode: 'exclusive' }, 0))).toBe('deadlock');
      expect(await Promise.all([suite.one.extend(mine), suite.other.extend(theirs)])).toEqual([true, true]);
    });
  });

  describe('permits', () => {
    it('lets in as many as there are, by weight', async () => {
      const key = freshKey();
      const heavy = await suite.take(permit(key, 5, 3));
      await suite.take(permit(key, 5, 2), suite.other);
      expect(await status(suite.one.acquire(permit(key, 5)))).toBe('busy');
      await suite.one.release(heavy);
      await suite.take(permit(key, 5, 2));
      await suite.take(permit(key, 5), suite.other);
      expect(await status(suite.one.acquire(permit(key, 5)))).toBe('busy');
    });

    it('never lets in more than there are, of many at once', async () => {
      const key = freshKey();
      const tries = Array.from({ length: 30 }, (_, index) =>
        status((index % 2 ? suite.one : suite.other).acquire(permit(key, 4))),
      );
      expect((await Promise.all(tries)).filter((answer) => answer === 'granted')).toHaveLength(4);
    });

    it('does not let the light overtake the heavy', async () => {
      const key = freshKey();
      const holders = [
        await suite.take(permit(key, 3)),
        await suite.take(permit(key, 3)),
        await suite.take(permit(key, 3)),
      ];
      const [heavy, light] = [permit(key, 3, 2), permit(key, 3)];
      await suite.one.acquire(heavy, 100);
      await suite.one.acquire(light, 0);
      expect((await suite.one.release(holders[0])).wake).toEqual([]);
      expect((await suite.one.release(holders[1])).wake).toEqual([heavy.owner]);
      expect((await suite.one.release(holders[2])).wake).toEqual([light.owner]);
    });

    it('tells who asks in a way that does not fit what is in use', async () => {
      const key = freshKey();
      const holder = await suite.take(permit(key, 3));
      for (const odd of [permit(key, 4), grant(key), shared(key)])
        expect(await suite.other.acquire(odd, 0)).toEqual({ status: 'mismatch', key, inUse: '3', wake: [] });
      await suite.one.release(holder);
      await suite.take(shared(key));
      expect(await suite.other.acquire(permit(key, 3))).toMatchObject({ status: 'mismatch', inUse: 'shared' });
    });
  });
}
