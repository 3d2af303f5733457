import { AsyncLocalStorage } from 'node:async_hooks';
import { memory } from '@rookery/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ClusterCacheModuleOptions } from './cache.options.js';
import { richSerializer } from './serializers/rich.serializer.js';
import { startCache } from './start-cache.js';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function start(options: Partial<ClusterCacheModuleOptions> = {}) {
  const { cache, stop } = await startCache({ backend: memory(), ...options });
  stops.push(stop);
  return cache;
}

describe('ClusterCache', () => {
  it('keeps tenants apart, and clears for all', async () => {
    const tenants = new AsyncLocalStorage<string>();
    const cache = await start({ tenant: () => tenants.getStore() });
    const as = <T>(tenant: string, work: () => Promise<T>) => tenants.run(tenant, work);
    await cache.set('k', 'shared');
    await as('a', () => cache.set('k', 'of a'));
    await as('b/k', () => cache.set('k', 'of b'));
    expect(await cache.get('k')).toBe('shared');
    expect(await as('a', () => cache.get('k'))).toBe('of a');
    await as('a', () => cache.delete('k'));
    expect(await as('a', () => cache.getOrSet('k', () => 'anew'))).toBe('anew');
    expect(await as('b/k', () => cache.get('k'))).toBe('of b');
    await cache.clear();
    expect(await as('b/k', () => cache.get('k'))).toBeUndefined();
  });

  it('carries rich values through both tiers, and does not read them as plain ones', async () => {
    const backend = memory();
    const rich = await start({ backend, serializer: richSerializer() });
    const plain = await start({ backend });
    const value = { at: new Date(0), of: new Map([['a', 1n]]) };
    await rich.set('k', value);
    for (const l1 of [true, false]) expect(await rich.get('k', { l1 })).toStrictEqual(value);
    expect(await plain.get('k')).toBeUndefined();
  });

  it('compresses what is large, and reads the same', async () => {
    const cache = await start({ compressAboveBytes: 100 });
    const value = { text: 'long '.repeat(1_000) };
    await cache.set('k', value);
    await cache.set('small', { text: 'short' });
    expect(await cache.get('k', { l1: false })).toEqual(value);
    expect(await cache.get('small', { l1: false })).toEqual({ text: 'short' });
  });

  it('keeps its in-process tier within its bounds', async () => {
    const cache = await start({ l1: { maxEntries: 100, maxBytes: 100_000 } });
    for (let index = 0; index < 1_000; index++) await cache.set(`small ${index}`, index);
    expect(cache.health().l1Entries).toBe(100);
    for (let index = 0; index < 100; index++) await cache.set(`large ${index}`, { text: 'x'.repeat(2_000) });
    expect(cache.health().l1Bytes).toBeLessThanOrEqual(100_000);
    expect(cache.health().l1Entries).toBeGreaterThan(5);
    expect(cache.stats().l1Bytes).toBe(cache.health().l1Bytes);
    await cache.set('larger than all', 'x'.repeat(120_000));
    expect(cache.stats().l1Bytes).toBe(cache.health().l1Bytes);
    expect(cache.health().l1Bytes).toBeLessThanOrEqual(100_000);
  });

  it('works without an in-process tier', async () => {
    const cache = await start({ l1: false });
    await cache.set('k', 1);
    expect(await cache.lookup('k')).toEqual({ value: 1, status: 'l2' });
    expect(await cache.lookup('k')).toEqual({ value: 1, status: 'l2' });
  });

  it('lets a factory see the old value and say how long the new one lives', async () => {
    const cache = await start();
    const options = { ttlMs: 20, graceMs: 60_000 };
    await cache.getOrSet('k', () => 1, options);
    await new Promise((resolve) => setTimeout(resolve, 40));
    const factory = vi.fn((context: { previous?: number; set(options: object): void }) => {
      context.set({ ttlMs: 60_000 });
      return context.previous! + 1;
    });
    expect(await cache.getOrSet('k', factory, options)).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(await cache.getOrSet('k', factory, options)).toBe(2);
    expect(factory).toHaveBeenCalledTimes(1);
  });

  it('does not hammer a failing factory while it serves the old value', async () => {
    const cache = await start();
    const options = { ttlMs: 20, graceMs: 60_000 };
    await cache.getOrSet('k', () => 'old', options);
    await new Promise((resolve) => setTimeout(resolve, 40));
    const failing = vi.fn(() => Promise.reject(new Error('down')));
    for (let index = 0; index < 20; index++) expect(await cache.getOrSet('k', failing, options)).toBe('old');
    expect(failing).toHaveBeenCalledTimes(1);
    expect(cache.stats().staleServed).toBe(20);
  });

  it('spreads the ends of values that are made together', async () => {
    const cache = await start();
    const ends = new Set<number | undefined>();
    for (let index = 0; index < 20; index++) {
      await cache.set(`k${index}`, 1, { ttlMs: 1_000_000, jitter: 0.5 });
      ends.add(await cache.expiresAt(`k${index}`));
    }
    expect(ends.size).toBeGreaterThan(10);
    expect(Math.min(...(ends as Set<number>))).toBeGreaterThan(Date.now() + 400_000);
  });

  it('refuses to work before it is open and after it was closed', async () => {
    const { cache, stop } = await startCache({ backend: memory() });
    await stop();
    await expect(cache.get('k')).rejects.toMatchObject({ code: 'ROOKERY_CLOSED' });
    await expect(cache.deleteByTag('t')).rejects.toMatchObject({ code: 'ROOKERY_CLOSED' });
  });
});
