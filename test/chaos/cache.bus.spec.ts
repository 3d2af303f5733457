import type { ClusterCache } from '@rookery/cache';
import { startProxy, startRedis, type Link, type StoreHandle } from '@rookery/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheScene, recovered, type CacheScene } from './cache.scene.js';
import { randomOf, scale, scenario } from './report.js';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** A busy machine must not look like a store that is away. */
const PATIENCE_MS = 20_000;
const HOUR = { ttlMs: 3_600_000, l1TtlMs: 3_600_000 };

describe('no stale value', () => {
  let store: StoreHandle;
  let link: Link;
  let scene: CacheScene;
  let near: ClusterCache;
  /** Reaches the store by a link that can be cut. */
  let far: ClusterCache;

  beforeEach(async () => {
    store = await startRedis();
    link = await startProxy(store.port);
    scene = cacheScene(() => store.url);
    near = await scene.replica({ deadlineMs: PATIENCE_MS });
    far = await scene.replica({ deadlineMs: PATIENCE_MS }, link.throughUrl(store.url));
  });
  afterEach(async () => {
    link.heal();
    await scene.stop();
    await link.stop();
    await store.stop();
  });

  it('is served after a replica was cut off for long, and it goes on serving meanwhile', async () => {
    const fault = 'a replica loses its link to the store during writes';
    const must = '0 stale reads after the reconnect';
    const row = scenario({ id: 'cache-cut-off', backend: 'redis', fault, must });
    const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
    for (const key of keys) {
      await near.set(key, 'old', { ...HOUR, tags: ['t'] });
      await recovered(async () => expect(await far.lookup(key)).toEqual({ value: 'old', status: 'l1' }));
    }
    link.cut();
    await recovered(() => expect(far.health().busConnected).toBe(false));
    for (const key of keys.slice(0, 25)) await near.set(key, 'new', HOUR);
    await near.deleteByTag('t');
    await pause(1_000 * scale);
    // Cut off, it cannot know better; but it answers.
    expect(await far.getOrSet('k0', () => 'made')).toBe('old');
    link.heal();
    row.recoveredMs = await recovered(() => {
      expect(far.health()).toMatchObject({ busConnected: true, storeAvailable: true });
    });
    await pause(50);
    const values = await far.getMany(keys);
    row.operations = keys.length;
    row.violations = values.filter((value, index) => value !== (index < 25 ? 'new' : undefined)).length;
    expect(row.violations).toBe(0);
  });

  it('is kept by a fill that an invalidation overtook, wherever it came from', async () => {
    const fault = 'values invalidated while they are being made';
    const row = scenario({ id: 'cache-fill-race', backend: 'redis', fault, must: '0 stale values kept' });
    const random = randomOf('cache-fill-race');
    const tries = 100 * scale;
    const deleteIt = (cache: ClusterCache, key: string) => cache.delete(key);
    const deleteTag = (cache: ClusterCache, key: string) => cache.deleteByTag(`tag of ${key}`);
    for (const [who, invalidate] of [
      [near, deleteIt],
      [far, deleteIt],
      [near, deleteTag],
      [far, deleteTag],
    ] as const) {
      const races = Array.from({ length: tries }, async (_, index) => {
        const key = `${row.operations}-${index}`;
        let database = 'old';
        const read = async () => {
          const value = database;
          await pause(random() * 20);
          return value;
        };
        const options = { ...HOUR, tags: [`tag of ${key}`] };
        const filling = near.getOrSet(key, read, options);
        await pause(random() * 20);
        database = 'new';
        await invalidate(who, key);
        await filling;
        // The message to the replica that filled may still be on its way; the store must know at once.
        if ((await near.getOrSet(key, read, { ...options, l1: false })) !== 'new') row.violations++;
        await vi.waitFor(async () => expect(await near.getOrSet(key, read, options)).toBe('new'), 20_000);
        if ((await far.getOrSet(key, read, options)) !== 'new') row.violations++;
        await near.delete(key);
      });
      await Promise.all(races);
      row.operations += tries;
    }
    expect(row.violations).toBe(0);
  });

  it('survives a tag that is invalidated by a replica whose clock is behind', async () => {
    await near.set('k', 'old', { ...HOUR, tags: ['t'] });
    await far.get('k');
    const now = Date.now;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() - 5_000);
    await far.deleteByTag('t');
    clock.mockRestore();
    expect(await near.get('k', { l1: false })).toBeUndefined();
    await recovered(async () => expect(await near.get('k')).toBeUndefined());
  });

  it('comes of eight replicas and a thousand callers on each, and one factory run serves them', async () => {
    const fault = '8,000 callers at once on 8 replicas miss a key';
    const row = scenario({ id: 'cache-stampede', backend: 'redis', fault, must: 'one factory run' });
    const replicas = await Promise.all(Array.from({ length: 8 }, () => scene.replica({ deadlineMs: PATIENCE_MS })));
    let runs = 0;
    const factory = async () => {
      runs++;
      await pause(200);
      return 'made';
    };
    const calls = replicas.flatMap((cache) => Array.from({ length: 1_000 }, () => cache.getOrSet('k', factory)));
    const answers = await Promise.all(calls);
    row.operations = calls.length;
    row.violations = runs - 1 + answers.filter((answer) => answer !== 'made').length;
    expect(row.violations).toBe(0);
  });
});
