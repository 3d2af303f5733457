import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CacheDriver, StoredEntry } from '../cache.driver.js';

const entry = (v: unknown): StoredEntry => ({ v, x: 1_000, t: {} });
const LEASE_MS = 20_000;

/** What every driver must do. `create` gives two drivers on one store, not yet open, and nothing of it used before. */
export function cacheDriverContract(create: () => Promise<[CacheDriver, CacheDriver]>): void {
  describe('as a cache driver', () => {
    let one: CacheDriver;
    let two: CacheDriver;

    beforeEach(async () => {
      [one, two] = await create();
      await one.open();
      await two.open();
    });
    afterEach(() => Promise.all([one.close(), two.close()]));

    it('gives back what another replica has stored, null and all', async () => {
      const value = { text: 'ä\n"', list: [1, null, { deep: true }], none: null };
      await one.set('/a', entry(value), 60_000);
      expect(await two.get('/a')).toEqual(entry(value));
      await one.set('/null', entry(null), 60_000);
      expect(await two.get('/null')).toEqual(entry(null));
      expect(await two.get('/b')).toBeUndefined();
    });

    it('lets entries end by the clock of the store, and live on when touched', async () => {
      await one.set('/short', entry(1), 50);
      await vi.waitFor(async () => expect(await two.get('/short')).toBeUndefined(), 10_000);
      expect(await one.touch('/short', 1_000)).toBe(false);
      await one.set('/touched', entry(1), 10_000);
      expect(await one.touch('/touched', 50)).toBe(true);
      await vi.waitFor(async () => expect(await two.get('/touched')).toBeUndefined(), 10_000);
    });

    it('says whether a delete removed something', async () => {
      await one.set('/a', entry(1), 60_000);
      expect(await two.delete('/a')).toBe(true);
      expect(await one.delete('/a')).toBe(false);
      expect(await one.get('/a')).toBeUndefined();
    });

    it('lets one fill at a time, and tells its end whether others wait', async () => {
      expect(await one.beginFill('/a', 'first', LEASE_MS)).toMatchObject({ granted: true, entry: undefined });
      expect(await one.beginFill('/a', 'first', LEASE_MS)).toMatchObject({ granted: true });
      expect(await two.beginFill('/a', 'second', LEASE_MS)).toMatchObject({ granted: false });
      expect(await one.endFill('/a', 'first', entry('made'), 60_000)).toEqual({ stored: true, awaited: true });
      expect(await two.beginFill('/a', 'second', LEASE_MS)).toMatchObject({ granted: true, entry: entry('made') });
      expect(await two.endFill('/a', 'second')).toEqual({ stored: false, awaited: false });
      expect(await two.get('/a')).toEqual(entry('made'));
    });

    it('refuses a fill that an invalidation or a write has overtaken', async () => {
      await one.beginFill('/deleted', 'slow', LEASE_MS);
      await two.delete('/deleted');
      expect(await one.endFill('/deleted', 'slow', entry('old'), 60_000)).toMatchObject({ stored: false });
      expect(await one.get('/deleted')).toBeUndefined();
      await one.beginFill('/written', 'slow', LEASE_MS);
      await two.set('/written', entry('new'), 60_000);
      expect(await one.endFill('/written', 'slow', entry('old'), 60_000)).toMatchObject({ stored: false });
      expect(await one.get('/written')).toEqual(entry('new'));
    });

    it('ends a lease that its owner does not extend', async () => {
      await one.beginFill('/a', 'dead', 50);
      await vi.waitFor(
        async () => expect(await two.beginFill('/a', 'heir', LEASE_MS)).toMatchObject({ granted: true }),
        10_000,
      );
      expect(await one.extendFill('/a', 'dead', LEASE_MS)).toBe(false);
      expect(await two.extendFill('/a', 'heir', LEASE_MS)).toBe(true);
      expect(await one.endFill('/a', 'dead', entry('late'), 60_000)).toMatchObject({ stored: false });
    });

    it('keeps versions that only ever grow', async () => {
      const { startedAt } = await one.beginFill('/a', 'x', LEASE_MS);
      const [made, other] = await one.versions(['=tag', '=other']);
      expect([made.created, other.created]).toEqual([true, true]);
      expect(made.version).toBeGreaterThan(startedAt - 1);
      expect(await two.versions(['=other', '=tag'])).toEqual([
        { ...other, created: false },
        { ...made, created: false },
      ]);
      await two.bump(['=tag']);
      const [bumped] = await one.versions(['=tag']);
      expect(bumped.version).toBeGreaterThan(made.version);
      await two.bump(['=never-asked']);
      expect((await one.versions(['=never-asked']))[0].created).toBe(false);
    });

    it('tells the time of the store in milliseconds', async () => {
      const before = await one.now();
      expect(await two.now()).toBeGreaterThanOrEqual(before);
      expect((await two.now()) - before).toBeLessThan(30_000);
    });
  });
}
