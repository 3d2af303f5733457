import { describe, expect, it } from 'vitest';
import type { ClusterCache } from '../cache.service.js';
import { eventually, gate, pause, replicasOf, type CacheReplica } from './replicas.js';

/** That no replica serves what another has invalidated, and that one replica fills for all. */
export function cacheInvalidationContract(create: () => Promise<CacheReplica>): void {
  describe('as a cache of several replicas', () => {
    const on = replicasOf(create);

    describe('invalidation', () => {
      it('reaches every replica', async () => {
        for (const cache of [on.a, on.b]) await cache.getOrSet('k', () => 'old');
        await on.a.delete('k');
        expect(await on.a.get('k')).toBeUndefined();
        await eventually(async () => expect(await on.b.get('k')).toBeUndefined());
        await on.b.set('k', 'new');
        await eventually(async () => expect(await on.a.get('k')).toBe('new'));
        await on.a.set('k', 'newer');
        await eventually(async () => expect(await on.b.get('k')).toBe('newer'));
      });

      it('by tag and by clear reaches every replica', async () => {
        const fill = (cache: ClusterCache) => cache.getOrSet('k', () => 'old', { tags: ['x', 'y'] });
        await fill(on.a);
        await fill(on.b);
        await on.b.deleteByTag('y');
        expect(await on.b.get('k')).toBeUndefined();
        await eventually(async () => expect(await on.a.get('k')).toBeUndefined());
        await fill(on.a);
        await fill(on.b);
        await on.a.clear();
        expect(await on.a.get('k')).toBeUndefined();
        await eventually(async () => expect(await on.b.get('k')).toBeUndefined());
      });

      for (const [what, invalidate] of [
        ['delete', (cache: ClusterCache) => cache.delete('k')],
        ['set', (cache: ClusterCache) => cache.set('k', 'newest', { tags: ['t'] })],
        ['deleteByTag', (cache: ClusterCache) => cache.deleteByTag('t')],
        ['clear', (cache: ClusterCache) => cache.clear()],
      ] as const) {
        for (const where of ['the same', 'another'] as const) {
          it(`by ${what} on ${where} replica beats a fill that began before`, async () => {
            const slow = gate('old');
            const filling = on.a.getOrSet('k', slow.factory, { tags: ['t'] });
            await slow.running;
            await invalidate(where === 'the same' ? on.a : on.b);
            slow.open();
            expect(await filling).toBe('old');
            const expected = what === 'set' ? 'newest' : undefined;
            await eventually(async () => expect(await on.a.get('k')).toBe(expected));
            expect(await on.b.get('k')).toBe(expected);
            expect(await on.a.get('k', { l1: false })).toBe(expected);
          });
        }
      }

      it('by a tag that the factory names only at its end beats the fill too', async () => {
        const slow = gate('old');
        const filling = on.a.getOrSet('k', async (context) => {
          const value = await slow.factory();
          context.set({ tags: ['late'] });
          return value;
        });
        await slow.running;
        await on.b.deleteByTag('late');
        slow.open();
        await filling;
        await eventually(async () => expect(await on.a.get('k')).toBeUndefined());
        expect(await on.b.get('k')).toBeUndefined();
        await on.a.getOrSet('k', (context) => (context.set({ tags: ['late'] }), 'new'));
        expect(await on.b.get('k')).toBe('new');
        await on.b.deleteByTag('late');
        expect(await on.b.get('k')).toBeUndefined();
      });

      it('is not joined by those who ask after it', async () => {
        const old = gate('old');
        const first = on.a.getOrSet('k', old.factory);
        await old.running;
        await on.a.delete('k');
        const second = on.a.getOrSet('k', () => 'new');
        expect(await second).toBe('new');
        old.open();
        expect(await first).toBe('old');
        expect(await on.a.get('k')).toBe('new');
      });
    });

    describe('single flight', () => {
      it('runs one factory for many callers on many replicas', async () => {
        const caches = [on.a, on.b, await on.replica(), await on.replica()];
        const slow = gate({ made: true });
        const answers = caches.flatMap((cache) => Array.from({ length: 100 }, () => cache.getOrSet('k', slow.factory)));
        await slow.running;
        await pause(100);
        slow.open();
        for (const value of await Promise.all(answers)) expect(value).toEqual({ made: true });
        expect(slow.factory).toHaveBeenCalledTimes(1);
      });

      it('hands the failure to the callers of its replica and lets the next replica try', async () => {
        const failing = gate(undefined);
        const first = on.a.getOrSet('k', async () => {
          await failing.factory();
          throw new Error('no');
        });
        await failing.running;
        const second = on.b.getOrSet('k', () => 'yes');
        failing.open();
        await expect(first).rejects.toThrow('no');
        expect(await second).toBe('yes');
      });

      it('does not keep what the factory says to skip', async () => {
        expect(await on.a.getOrSet('k', (context) => (context.skip(), 'once'))).toBe('once');
        expect(await on.a.get('k')).toBeUndefined();
      });
    });

    it('makes many values by one call of the factory, each once', async () => {
      await on.a.set('b', 'B');
      const asked: string[][] = [];
      const load = (missing: string[]) => {
        asked.push(missing);
        return new Map(missing.filter((key) => key !== 'none').map((key) => [key, key.toUpperCase()]));
      };
      expect(await on.b.getOrSetMany(['a', 'b', 'c', 'a', 'none'], load)).toEqual(['A', 'B', 'C', 'A', undefined]);
      expect(asked.map((keys) => keys.toSorted())).toEqual([['a', 'c', 'none']]);
      expect(await on.a.getOrSetMany(['c', 'b', 'a'], load)).toEqual(['C', 'B', 'A']);
      expect(asked).toHaveLength(1);
    });

    it('makes many values once when replicas ask for overlapping sets', async () => {
      const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
      const made: string[] = [];
      const load = async (missing: string[]) => {
        made.push(...missing);
        await pause(20);
        return new Map(missing.map((key) => [key, key]));
      };
      const answers = await Promise.all([
        on.a.getOrSetMany(keys, load),
        on.b.getOrSetMany(keys.toReversed(), load),
        on.a.getOrSetMany(keys.slice(10), load),
      ]);
      expect(answers).toEqual([keys, keys.toReversed(), keys.slice(10)]);
      expect(made.toSorted()).toEqual(keys.toSorted());
    });
  });
}
