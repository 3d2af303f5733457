import { Logger } from '@nestjs/common';
import { startCache, type ClusterCache } from '@rookery/cache';
import { postgres } from '@rookery/core/postgres';
import { startPostgres, startRedis, type StoreHandle } from '@rookery/testing';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheScene, recovered, silentProxy, timed, unhandledRejections, type CacheScene } from './cache.scene.js';
import { scale, scenario } from './report.js';

const CALLS = 50 * scale;
/** Far above the deadline of 250 ms, since the machine of a test may be busy; a store that hangs hangs for ever. */
const PATIENCE_MS = 5_000;

describe('the cache, when Redis', () => {
  let store: StoreHandle;
  let scene: CacheScene;
  let cache: ClusterCache;
  let unhandled: ReturnType<typeof unhandledRejections>;

  beforeEach(async () => {
    unhandled = unhandledRejections();
    store = await startRedis();
    scene = cacheScene(() => store.url);
    cache = await scene.replica();
  });
  afterEach(async () => {
    await store.resume().catch(() => undefined);
    await scene.stop();
    await store.stop();
    unhandled.stop();
    expect(unhandled.count).toBe(0);
  });

  /** Calls while the store is broken: each is answered, hot ones from here, cold ones by the factory. */
  async function askWhileBroken(): Promise<{ violations: number; slowest: number }> {
    const times = [];
    let violations = 0;
    for (let index = 0; index < CALLS; index++) {
      times.push(
        await timed(async () => {
          if ((await cache.getOrSet('hot', () => 'not asked')) !== 'warm') violations++;
          if ((await cache.getOrSet(`cold ${index}`, () => index)) !== index) violations++;
          await cache.set(`set ${index}`, index);
          if ((await cache.get(`set ${index}`)) !== index) violations++;
        }),
      );
    }
    return { violations, slowest: Math.max(...times) };
  }

  for (const [id, fault, breakIt, mendIt] of [
    ['cache-store-frozen', 'frozen (SIGSTOP)', () => store.pause(), () => store.resume()],
    ['cache-store-killed', 'killed and started empty', () => store.kill(), () => store.start()],
  ] as const) {
    it(`is ${fault}, is waited for no longer than its deadline, and is used again when it is back`, async () => {
      const must = 'every call answered without the store; used again when it is back';
      const row = scenario({ id, backend: 'redis', fault: `Redis ${fault}`, must, operations: CALLS * 4 });
      await cache.set('hot', 'warm');
      await breakIt();
      const { violations, slowest } = await askWhileBroken();
      row.violations = violations;
      expect(violations).toBe(0);
      expect(slowest).toBeLessThan(PATIENCE_MS);
      expect(cache.health().storeAvailable).toBe(false);
      expect(cache.namespace('any').stats().storeAvailable).toBe(false);
      await mendIt();
      const other = await scene.replica();
      row.recoveredMs = await recovered(async () => {
        await cache.set('back', 1);
        expect(await other.get('back', { l1: false })).toBe(1);
      });
    });
  }

  it('does not take an invalidation, gets it when it is back', async () => {
    const other = await scene.replica();
    await cache.set('k', 'old', { tags: ['t'] });
    await cache.set('k2', 'old');
    await other.get('k');
    await other.get('k2');
    await store.pause();
    await cache.deleteByTag('t');
    await cache.delete('k2');
    expect(await cache.getOrSet('k2', () => 'made here')).toBe('made here');
    expect(cache.health().pendingInvalidations).toBeGreaterThan(0);
    await store.resume();
    await recovered(async () => {
      expect(await other.get('k')).toBeUndefined();
      expect(await other.get('k2')).not.toBe('old');
      expect(cache.health().pendingInvalidations).toBe(0);
    });
  });

  it('is out of memory, serves on and refuses no call', async () => {
    const admin = new Redis(store.url).on('error', () => undefined);
    await cache.set('before', 'kept');
    await admin.config('SET', 'maxmemory', '1');
    expect(await cache.getOrSet('k', () => 'made')).toBe('made');
    expect(await cache.getOrSet('k', () => 'kept in the process')).toBe('made');
    await cache.set('k2', 'kept here');
    expect(await cache.get('before', { l1: false })).toBe('kept');
    expect(cache.health().storeAvailable).toBe(true);
    await admin.config('SET', 'maxmemory', '0');
    await cache.set('k2', 'stored');
    expect(await cache.get('k2', { l1: false })).toBe('stored');
    admin.disconnect();
  });

  it('is behind a connection that died without a word, is reached by a new one', async () => {
    const proxy = await silentProxy(store.port);
    const far = await scene.replica({ breaker: { probeEveryMs: 50 } }, `redis://127.0.0.1:${proxy.port}`);
    await far.set('k', 'there');
    proxy.swallow();
    expect(await far.getOrSet('cold', () => 'made')).toBe('made');
    await recovered(async () => {
      await far.getOrSet(`cold ${Math.random()}`, () => 'made');
      expect(far.health().storeAvailable).toBe(false);
    });
    await recovered(() => expect(far.health().storeAvailable).toBe(true));
    expect(await far.get('k', { l1: false })).toBe('there');
    await proxy.stop();
  });

  it('has foreign data under our key, takes it for a miss and writes over it', async () => {
    const admin = new Redis(store.url).on('error', () => undefined);
    const warn = vi.spyOn(Logger.prototype, 'warn');
    const key = `${scene.namespace}:cache:{/k}:v1`;
    await cache.set('k', 'ours');
    expect(await admin.exists(key)).toBe(1);
    for (const spoil of [
      () => admin.set(key, 'no JSON {'),
      () => admin.set(key, '{"other":"format"}'),
      () => admin.set(key, 'null'),
      () => admin.lpush(key, 'a list'),
    ]) {
      await admin.del(key);
      await spoil();
      expect(await cache.get('k', { l1: false })).toBeUndefined();
      expect(await cache.getOrSet('k', () => 'made anew', { l1: false })).toBe('made anew');
      expect(await cache.get('k', { l1: false })).toBe('made anew');
    }
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('Not a cache entry'));
    warn.mockRestore();
    admin.disconnect();
  });
});

it('the cache works again after PostgreSQL was restarted', async () => {
  const fault = 'PostgreSQL crashed and restarted';
  const must = 'every call answered without the store; used again when it is back';
  const row = scenario({ id: 'cache-store-killed', backend: 'postgres', fault, must, operations: 5 });
  const unhandled = unhandledRejections();
  const store = await startPostgres();
  const backend = () => postgres({ url: store.url, namespace: 'chaos', poolSize: 4 });
  const one = await startCache({ backend: backend() });
  const two = await startCache({ backend: backend() });
  try {
    await one.cache.set('hot', 'warm');
    await store.kill();
    expect(await one.cache.getOrSet('hot', () => 'not asked')).toBe('warm');
    expect(await one.cache.getOrSet('cold', () => 'made')).toBe('made');
    await one.cache.delete('cold');
    await store.start();
    row.recoveredMs = await recovered(async () => {
      await one.cache.set('back', 1);
      expect(await two.cache.get('back', { l1: false })).toBe(1);
      expect(one.cache.health()).toMatchObject({ busConnected: true, pendingInvalidations: 0 });
    });
    await two.cache.getOrSet('k', () => 'old');
    await one.cache.delete('k');
    await recovered(async () => expect(await two.cache.get('k')).toBeUndefined());
    expect(unhandled.count).toBe(0);
  } finally {
    await Promise.all([one.stop(), two.stop()]);
    await store.stop();
    unhandled.stop();
  }
});
