import type { ClusterCache } from '@rookery/cache';
import { startProxy, startRedis, type Link, type StoreHandle } from '@rookery/testing';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheScene, recovered, type CacheScene } from './cache.scene.js';
import { randomOf, scale, scenario } from './report.js';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** A busy machine must not look like a store that is away. */
const PATIENCE_MS = 20_000;
/** A minute in `npm run chaos`. */
const OUTAGE_MS = scale === 1 ? 1_000 : 12_000 * scale;
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
    const written = Array.from({ length: 25 }, (_, index) => `written ${index}`);
    const tagged = Array.from({ length: 25 }, (_, index) => `tagged ${index}`);
    for (const key of [...written, ...tagged, 'by far']) {
      await near.set(key, 'old', { ...HOUR, tags: tagged.includes(key) ? ['t'] : [] });
      await recovered(async () => expect(await far.lookup(key)).toEqual({ value: 'old', status: 'l1' }));
    }
    link.cut();
    await recovered(() => expect(far.health().busConnected).toBe(false));
    const until = performance.now() + OUTAGE_MS;
    do {
      await Promise.all(written.map((key) => near.set(key, 'new', HOUR)));
      await near.deleteByTag('t');
      await far.set('by far', 'new', HOUR);
      // Cut off, it cannot know better; but it answers, and knows what it has written itself.
      expect(await far.getMany(['written 0', 'by far'])).toEqual(['old', 'new']);
      row.operations += written.length + 2;
      await pause(50);
    } while (performance.now() < until);
    link.heal();
    row.recoveredMs = await recovered(() => {
      expect(far.health()).toMatchObject({ busConnected: true, storeAvailable: true, pendingInvalidations: 0 });
    });
    await pause(50);
    expect(await near.get('by far')).not.toBe('old');
    expect(await far.getMany(tagged)).toEqual(tagged.map(() => undefined));
    expect(await far.getMany(written)).toEqual(written.map(() => 'new'));
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

  it('is made a second time because the server has just forgotten its scripts', async () => {
    const admin = new Redis(store.url).on('error', () => undefined);
    const factory = vi.fn(() => 'made');
    await far.get('warm-up');
    await Promise.all([admin.call('SCRIPT', 'FLUSH'), admin.config('RESETSTAT')]);
    link.delay(200);
    // Its script is refused, and must be sent again: meanwhile the other replica makes the value.
    const slow = far.getOrSet('k', factory, HOUR);
    await recovered(async () => expect(await admin.info('errorstats')).toContain('NOSCRIPT'));
    await near.getOrSet('k', factory, HOUR);
    expect(await slow).toBe('made');
    expect(factory).toHaveBeenCalledTimes(1);
    admin.disconnect();
  });
});
