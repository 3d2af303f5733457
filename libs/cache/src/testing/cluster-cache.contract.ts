import { describe, expect, it, vi } from 'vitest';
import { CacheValueError } from '../cache.errors.js';
import { eventually, gate, pause, replicasOf, type CacheReplica } from './replicas.js';

/** What users of the cache rely on, whatever the store. `create` begins with an empty namespace. */
export function clusterCacheContract(create: () => Promise<CacheReplica>): void {
  describe('as a cluster cache', () => {
    const on = replicasOf(create);

    describe('values', () => {
      it('read the same from every tier', async () => {
        const value = { date: new Date(0), list: [1, undefined], gone: undefined, none: null };
        const normal = { date: '1970-01-01T00:00:00.000Z', list: [1, null], none: null };
        expect(await on.a.getOrSet('k', () => value)).toEqual(normal);
        for (const cache of [on.a, on.b]) {
          expect(await cache.get('k')).toStrictEqual(normal);
          expect(await cache.get('k', { l1: false })).toStrictEqual(normal);
        }
      });

      it('are frozen, or copies for who asks', async () => {
        await on.a.set('k', { list: [1] });
        for (const cache of [on.a, on.b]) {
          const value = (await cache.get<{ list: number[] }>('k'))!;
          expect(() => value.list.push(2)).toThrow(TypeError);
          const copy = (await cache.get<{ list: number[] }>('k', { clone: true }))!;
          copy.list.push(3);
          expect(await cache.get('k')).toEqual({ list: [1] });
        }
      });

      it('may be null; undefined is a miss', async () => {
        const factory = vi.fn(() => null);
        expect(await on.a.getOrSet('null', factory)).toBeNull();
        expect(await on.b.getOrSet('null', factory)).toBeNull();
        expect(factory).toHaveBeenCalledTimes(1);
        expect(await on.a.getOrSet<string>('none', () => undefined)).toBeUndefined();
        expect(await on.a.has('none')).toBe(false);
        expect(await on.a.has('null')).toBe(true);
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
          await expect(on.a.set('bad', value)).rejects.toMatchObject({ key: 'bad', path });
          await expect(on.a.getOrSet('bad', () => value)).rejects.toBeInstanceOf(CacheValueError);
        }
        expect(await on.a.get('bad')).toBeUndefined();
      });
    });

    describe('keys and options', () => {
      it.each(['', 'x'.repeat(1_025), 'a\nb', 42 as unknown as string])('refuse the key %j', async (key) => {
        await expect(on.a.get(key)).rejects.toMatchObject({ code: 'ROOKERY_INVALID_INPUT' });
        await expect(on.a.set(key, 1)).rejects.toMatchObject({ code: 'ROOKERY_INVALID_INPUT' });
        await expect(async () => on.a.getOrSet(key, () => 1)).rejects.toMatchObject({ code: 'ROOKERY_INVALID_INPUT' });
      });

      it('take glob characters and braces as they are', async () => {
        for (const key of ['a*', 'a?', '[ab]', '{x}', 'a/b?c=d&e']) await on.a.set(key, key);
        await on.a.delete('a*');
        expect(await on.b.getMany(['a*', 'a?', '[ab]', '{x}', 'a/b?c=d&e'])).toEqual([
          undefined,
          'a?',
          '[ab]',
          '{x}',
          'a/b?c=d&e',
        ]);
      });

      it.each([-1, NaN, Infinity, '5' as unknown as number])('refuse the ttl %s', async (ttlMs) => {
        await expect(on.a.set('k', 1, { ttlMs })).rejects.toMatchObject({ code: 'ROOKERY_INVALID_INPUT' });
        await expect(on.a.getOrSet('k', () => 1, { ttlMs })).rejects.toMatchObject({ code: 'ROOKERY_INVALID_INPUT' });
      });

      it('keep namespaces apart, and clear one with what is in it', async () => {
        const plans = on.a.namespace('plans');
        await on.a.set('k', 'root');
        await plans.set('k', 'plans');
        await plans.namespace('eu').set('k', 'eu');
        expect(await on.b.namespace('plans').get('k')).toBe('plans');
        await on.b.namespace('plans').clear();
        await eventually(async () => expect(await plans.get('k')).toBeUndefined());
        await eventually(async () => expect(await plans.namespace('eu').get('k')).toBeUndefined());
        expect(await on.b.namespace('plans').namespace('eu').get('k')).toBeUndefined();
        expect(await on.a.get('k')).toBe('root');
      });
    });

    describe('life', () => {
      it('ends with the ttl on every replica', async () => {
        await on.a.set('k', 1, { ttlMs: 60 });
        await on.b.get('k');
        await eventually(async () => {
          expect(await on.a.get('k')).toBeUndefined();
          expect(await on.b.get('k')).toBeUndefined();
        });
      });

      it('slides with every read, and ends without', async () => {
        await on.a.set('k', 1, { slidingMs: 1_500, ttlMs: 60_000 });
        const until = performance.now() + 3_000;
        while (performance.now() < until) {
          expect(await on.b.get('k')).toBe(1);
          await pause(50);
        }
        await pause(2_000);
        await eventually(async () => expect(await on.a.get('k', { l1: false })).toBeUndefined());
      });

      it('can be shortened and prolonged', async () => {
        await on.a.set('k', 1, { tags: ['t'] });
        expect(await on.b.expire('k', 50)).toBe(true);
        await eventually(async () => expect(await on.a.get('k')).toBeUndefined());
        expect(await on.b.expire('k', 50)).toBe(false);
        await on.a.set('k', 2, { ttlMs: 60_000, tags: ['t'] });
        await on.b.expire('k', 120_000);
        await on.b.deleteByTag('t');
        expect(await on.b.get('k')).toBeUndefined();
      });

      it('goes on in the grace when the factory fails', async () => {
        const options = { ttlMs: 50, graceMs: 60_000 };
        await on.a.getOrSet('k', () => 'old', options);
        await pause(100);
        const failing = vi.fn(() => Promise.reject(new Error('database down')));
        expect(await on.a.getOrSet('k', failing, options)).toBe('old');
        expect(await on.b.lookupOrSet('k', failing, options)).toEqual({ value: 'old', status: 'stale' });
        expect(failing).toHaveBeenCalled();
        await on.a.delete('k');
        await expect(on.a.getOrSet('k', failing, options)).rejects.toThrow('database down');
      });

      it('serves the old value while a slow factory goes on in the background', async () => {
        const options = { ttlMs: 50, graceMs: 60_000, softTimeoutMs: 20 };
        await on.a.getOrSet('k', () => 'old', options);
        await pause(100);
        const slow = gate('new');
        const read = () => on.a.getOrSet('k', slow.factory, { ...options, ttlMs: 60_000 });
        expect(await read()).toBe('old');
        slow.open();
        await eventually(async () => expect(await read()).toBe('new'));
        expect(slow.factory).toHaveBeenCalledTimes(1);
      });

      it('does not let callers wait longer than the hard timeout', async () => {
        const hung = gate('late');
        await expect(on.a.getOrSet('k', hung.factory, { hardTimeoutMs: 50 })).rejects.toMatchObject({
          code: 'ROOKERY_CACHE_FACTORY_TIMEOUT',
          key: 'k',
        });
        hung.open();
        await eventually(async () => expect(await on.b.get('k')).toBe('late'));
      });

      it('is renewed ahead of its end, in the background', async () => {
        let runs = 0;
        const options = { ttlMs: 60_000, refreshAhead: 0 };
        expect(await on.a.getOrSet('k', () => ++runs, options)).toBe(1);
        await pause(10);
        expect(await on.a.getOrSet('k', () => ++runs, options)).toBe(1);
        await eventually(async () => expect(await on.a.get('k')).toBeGreaterThan(1));
      });
    });

    it('counts what it does', async () => {
      const cache = on.a.namespace('counted');
      await cache.getOrSet('k', () => 1);
      await cache.getOrSet('k', () => 1);
      await cache.get('k', { l1: false });
      await cache.get('none');
      expect(cache.stats()).toMatchObject({ l1Hits: 1, l2Hits: 1, misses: 2, factoryRuns: 1, staleServed: 0 });
      expect(cache.stats().l1Bytes).toBeGreaterThan(0);
      expect(cache.namespace('inner').stats()).toMatchObject({ misses: 0, l1Bytes: 0, storeAvailable: true });
      await cache.delete('k');
      expect(cache.stats().l1Bytes).toBe(0);
    });
  });
}
