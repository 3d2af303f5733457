import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CacheValueError } from '../cache.errors.js';
import type { ClusterCacheModuleOptions } from '../cache.options.js';
import type { ClusterCache } from '../cache.service.js';
import type { StartedCache } from './start-cache.js';

/** Starts one more replica on the same store; with a `namespace` of its own per run. */
export type CacheReplica = (options?: Partial<ClusterCacheModuleOptions>) => Promise<StartedCache>;

/** A factory that runs until it is let go. */
function gate<T>(value: T) {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let begun: () => void = () => undefined;
  const running = new Promise<void>((resolve) => (begun = resolve));
  const factory = vi.fn(async () => {
    begun();
    await opened;
    return value;
  });
  return { factory, open, running };
}

/** What users of the cache rely on, whatever the store. `create` begins with an empty namespace. */
export function clusterCacheContract(create: () => Promise<CacheReplica>): void {
  describe('as a cluster cache', () => {
    const stops: (() => Promise<void>)[] = [];
    let replica: (options?: Partial<ClusterCacheModuleOptions>) => Promise<ClusterCache>;
    let a: ClusterCache;
    let b: ClusterCache;

    beforeEach(async () => {
      const start = await create();
      replica = async (options) => {
        const { cache, stop } = await start(options);
        stops.push(stop);
        return cache;
      };
      [a, b] = [await replica(), await replica()];
    });
    afterEach(async () => {
      await Promise.all(stops.splice(0).map((stop) => stop()));
    });

    /** Waits until the replica sees what must become visible by a message. */
    const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 10 });

    describe('values', () => {
      it('read the same from every tier', async () => {
        const value = { date: new Date(0), list: [1, undefined], gone: undefined, none: null };
        const normal = { date: '1970-01-01T00:00:00.000Z', list: [1, null], none: null };
        expect(await a.getOrSet('k', () => value)).toEqual(normal);
        for (const cache of [a, b]) {
          expect(await cache.get('k')).toStrictEqual(normal);
          expect(await cache.get('k', { l1: false })).toStrictEqual(normal);
        }
      });

      it('are frozen, or copies for who asks', async () => {
        await a.set('k', { list: [1] });
        for (const cache of [a, b]) {
          const value = (await cache.get<{ list: number[] }>('k'))!;
          expect(() => value.list.push(2)).toThrow(TypeError);
          const copy = (await cache.get<{ list: number[] }>('k', { clone: true }))!;
          copy.list.push(3);
          expect(await cache.get('k')).toEqual({ list: [1] });
        }
      });

      it('may be null; undefined is a miss', async () => {
        const factory = vi.fn(() => null);
        expect(await a.getOrSet('null', factory)).toBeNull();
        expect(await b.getOrSet('null', factory)).toBeNull();
        expect(factory).toHaveBeenCalledTimes(1);
        expect(await a.getOrSet<string>('none', () => undefined)).toBeUndefined();
        expect(await a.has('none')).toBe(false);
        expect(await a.has('null')).toBe(true);
      });

      it('that JSON cannot carry are refused with their path', async () => {
        const cyclic: Record<string, unknown> = {};
        cyclic.self = { cyclic };
        for (const [value, path] of [
          [{ a: [{ run: () => 1 }] }, '$.a[0].run'],
          [{ n: 1n }, '$.n'],
          [cyclic, '$.self.cyclic'],
          [new Map(), '$'],
        ] as const) {
          await expect(a.set('bad', value)).rejects.toMatchObject({ key: 'bad', path });
          await expect(a.getOrSet('bad', () => value)).rejects.toBeInstanceOf(CacheValueError);
        }
        expect(await a.get('bad')).toBeUndefined();
      });
    });

    describe('keys and options', () => {
      it.each(['', 'x'.repeat(1_025), 'a\nb', 42 as unknown as string])('refuse the key %j', async (key) => {
        await expect(a.get(key)).rejects.toMatchObject({ code: 'ROOKERY_INVALID_INPUT' });
        await expect(a.set(key, 1)).rejects.toMatchObject({ code: 'ROOKERY_INVALID_INPUT' });
        await expect(async () => a.getOrSet(key, () => 1)).rejects.toMatchObject({ code: 'ROOKERY_INVALID_INPUT' });
      });

      it('take glob characters and braces as they are', async () => {
        for (const key of ['a*', 'a?', '[ab]', '{x}', 'a/b?c=d&e']) await a.set(key, key);
        await a.delete('a*');
        expect(await b.getMany(['a*', 'a?', '[ab]', '{x}', 'a/b?c=d&e'])).toEqual([
          undefined,
          'a?',
          '[ab]',
          '{x}',
          'a/b?c=d&e',
        ]);
      });

      it.each([-1, NaN, Infinity, '5' as unknown as number])('refuse the ttl %s', async (ttlMs) => {
        await expect(a.set('k', 1, { ttlMs })).rejects.toMatchObject({ code: 'ROOKERY_INVALID_INPUT' });
        await expect(a.getOrSet('k', () => 1, { ttlMs })).rejects.toMatchObject({ code: 'ROOKERY_INVALID_INPUT' });
      });

      it('keep namespaces apart, and clear one with what is in it', async () => {
        const plans = a.namespace('plans');
        await a.set('k', 'root');
        await plans.set('k', 'plans');
        await plans.namespace('eu').set('k', 'eu');
        expect(await b.namespace('plans').get('k')).toBe('plans');
        await b.namespace('plans').clear();
        await eventually(async () => expect(await plans.get('k')).toBeUndefined());
        await eventually(async () => expect(await plans.namespace('eu').get('k')).toBeUndefined());
        expect(await b.namespace('plans').namespace('eu').get('k')).toBeUndefined();
        expect(await a.get('k')).toBe('root');
      });
    });

    describe('life', () => {
      it('ends with the ttl on every replica', async () => {
        await a.set('k', 1, { ttlMs: 60 });
        await b.get('k');
        await eventually(async () => {
          expect(await a.get('k')).toBeUndefined();
          expect(await b.get('k')).toBeUndefined();
        });
      });

      it('slides with every read, and ends without', async () => {
        await a.set('k', 1, { slidingMs: 1_500, ttlMs: 60_000 });
        const until = performance.now() + 3_000;
        while (performance.now() < until) {
          expect(await b.get('k')).toBe(1);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        await new Promise((resolve) => setTimeout(resolve, 2_000));
        await eventually(async () => expect(await a.get('k', { l1: false })).toBeUndefined());
      });

      it('can be shortened and prolonged', async () => {
        await a.set('k', 1, { tags: ['t'] });
        expect(await b.expire('k', 50)).toBe(true);
        await eventually(async () => expect(await a.get('k')).toBeUndefined());
        expect(await b.expire('k', 50)).toBe(false);
        await a.set('k', 2, { ttlMs: 60_000, tags: ['t'] });
        await b.expire('k', 120_000);
        await b.deleteByTag('t');
        expect(await b.get('k')).toBeUndefined();
      });

      it('goes on in the grace when the factory fails', async () => {
        const options = { ttlMs: 50, graceMs: 60_000 };
        await a.getOrSet('k', () => 'old', options);
        await new Promise((resolve) => setTimeout(resolve, 100));
        const failing = vi.fn(() => Promise.reject(new Error('database down')));
        expect(await a.getOrSet('k', failing, options)).toBe('old');
        expect(await b.lookupOrSet('k', failing, options)).toEqual({ value: 'old', status: 'stale' });
        expect(failing).toHaveBeenCalled();
        await a.delete('k');
        await expect(a.getOrSet('k', failing, options)).rejects.toThrow('database down');
      });

      it('serves the old value while a slow factory goes on in the background', async () => {
        const options = { ttlMs: 50, graceMs: 60_000, softTimeoutMs: 20 };
        await a.getOrSet('k', () => 'old', options);
        await new Promise((resolve) => setTimeout(resolve, 100));
        const slow = gate('new');
        const read = () => a.getOrSet('k', slow.factory, { ...options, ttlMs: 60_000 });
        expect(await read()).toBe('old');
        slow.open();
        await eventually(async () => expect(await read()).toBe('new'));
        expect(slow.factory).toHaveBeenCalledTimes(1);
      });

      it('does not let callers wait longer than the hard timeout', async () => {
        const hung = gate('late');
        await expect(a.getOrSet('k', hung.factory, { hardTimeoutMs: 50 })).rejects.toMatchObject({
          code: 'ROOKERY_CACHE_FACTORY_TIMEOUT',
          key: 'k',
        });
        hung.open();
        await eventually(async () => expect(await b.get('k')).toBe('late'));
      });

      it('is renewed ahead of its end, in the background', async () => {
        let runs = 0;
        const options = { ttlMs: 60_000, refreshAhead: 0 };
        expect(await a.getOrSet('k', () => ++runs, options)).toBe(1);
        expect(await a.getOrSet('k', () => ++runs, options)).toBe(1);
        await eventually(async () => expect(await a.get('k')).toBeGreaterThan(1));
      });
    });

    describe('invalidation', () => {
      it('reaches every replica', async () => {
        for (const cache of [a, b]) await cache.getOrSet('k', () => 'old');
        await a.delete('k');
        expect(await a.get('k')).toBeUndefined();
        await eventually(async () => expect(await b.get('k')).toBeUndefined());
        await b.set('k', 'new');
        await eventually(async () => expect(await a.get('k')).toBe('new'));
        await a.set('k', 'newer');
        await eventually(async () => expect(await b.get('k')).toBe('newer'));
      });

      it('by tag and by clear reaches every replica', async () => {
        const fill = (cache: ClusterCache) => cache.getOrSet('k', () => 'old', { tags: ['x', 'y'] });
        await fill(a);
        await fill(b);
        await b.deleteByTag('y');
        expect(await b.get('k')).toBeUndefined();
        await eventually(async () => expect(await a.get('k')).toBeUndefined());
        await fill(a);
        await fill(b);
        await a.clear();
        expect(await a.get('k')).toBeUndefined();
        await eventually(async () => expect(await b.get('k')).toBeUndefined());
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
            const filling = a.getOrSet('k', slow.factory, { tags: ['t'] });
            await slow.running;
            await invalidate(where === 'the same' ? a : b);
            slow.open();
            expect(await filling).toBe('old');
            const expected = what === 'set' ? 'newest' : undefined;
            await eventually(async () => expect(await a.get('k')).toBe(expected));
            expect(await b.get('k')).toBe(expected);
            expect(await a.get('k', { l1: false })).toBe(expected);
          });
        }
      }

      it('by a tag that the factory names only at its end beats the fill too', async () => {
        const slow = gate('old');
        const filling = a.getOrSet('k', async (context) => {
          const value = await slow.factory();
          context.set({ tags: ['late'] });
          return value;
        });
        await slow.running;
        await b.deleteByTag('late');
        slow.open();
        await filling;
        await eventually(async () => expect(await a.get('k')).toBeUndefined());
        expect(await b.get('k')).toBeUndefined();
        await a.getOrSet('k', (context) => (context.set({ tags: ['late'] }), 'new'));
        expect(await b.get('k')).toBe('new');
        await b.deleteByTag('late');
        expect(await b.get('k')).toBeUndefined();
      });

      it('is not joined by those who ask after it', async () => {
        const old = gate('old');
        const first = a.getOrSet('k', old.factory);
        await old.running;
        await a.delete('k');
        const second = a.getOrSet('k', () => 'new');
        expect(await second).toBe('new');
        old.open();
        expect(await first).toBe('old');
        expect(await a.get('k')).toBe('new');
      });
    });

    describe('single flight', () => {
      it('runs one factory for many callers on many replicas', async () => {
        const caches = [a, b, await replica(), await replica()];
        const slow = gate({ made: true });
        const answers = caches.flatMap((cache) => Array.from({ length: 100 }, () => cache.getOrSet('k', slow.factory)));
        await slow.running;
        await new Promise((resolve) => setTimeout(resolve, 100));
        slow.open();
        for (const value of await Promise.all(answers)) expect(value).toEqual({ made: true });
        expect(slow.factory).toHaveBeenCalledTimes(1);
      });

      it('hands the failure to the callers of its replica and lets the next replica try', async () => {
        const failing = gate(undefined);
        const first = a.getOrSet('k', async () => {
          await failing.factory();
          throw new Error('no');
        });
        await failing.running;
        const second = b.getOrSet('k', () => 'yes');
        failing.open();
        await expect(first).rejects.toThrow('no');
        expect(await second).toBe('yes');
      });

      it('does not keep what the factory says to skip', async () => {
        expect(await a.getOrSet('k', (context) => (context.skip(), 'once'))).toBe('once');
        expect(await a.get('k')).toBeUndefined();
      });
    });

    it('counts what it does', async () => {
      const cache = a.namespace('counted');
      await cache.getOrSet('k', () => 1);
      await cache.getOrSet('k', () => 1);
      await cache.get('k', { l1: false });
      await cache.get('none');
      expect(cache.stats()).toMatchObject({ l1Hits: 1, l2Hits: 1, misses: 2, factoryRuns: 1, staleServed: 0 });
    });
  });
}
