import { startCache, type ClusterCache } from '@rookery/cache';
import { redis, type RedisBackendOptions } from '@rookery/core/redis';
import { afterEach, expect, it } from 'vitest';
import { startRedisCluster, startSentinels } from '../contract/cluster.redis-topologies.js';
import { recovered, unhandledRejections } from './cache.scene.js';
import { scenario } from './report.js';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function replica(options: RedisBackendOptions): Promise<ClusterCache> {
  const backend = redis({ ...options, namespace: 'chaos' });
  const { cache, stop } = await startCache({ backend, breaker: { probeEveryMs: 100 } });
  stops.push(stop);
  return cache;
}

/** Kills the master that has the values, and has both replicas answer and agree again on the one that follows it. */
async function failOver(backend: string, options: RedisBackendOptions, kill: () => Promise<void>): Promise<void> {
  const must = 'every call answered; the heir is found, and no old value is served from then on';
  const row = scenario({ id: 'cache-failover', backend, fault: 'the master is killed', must });
  const unhandled = unhandledRejections();
  const one = await replica(options);
  const two = await replica(options);
  const keys = Array.from({ length: 30 }, (_, index) => `k${index}`);
  for (const key of keys) {
    await one.set(key, 'old', { tags: ['t'] });
    expect(await two.get(key)).toBe('old');
  }
  await kill();
  for (const key of keys) expect(await one.getOrSet(`cold ${key}`, () => 'made')).toBe('made');
  row.recoveredMs = await recovered(async () => {
    for (const key of keys) {
      await one.set(key, 'new');
      expect(await two.get(key, { l1: false })).toBe('new');
    }
    expect(one.health()).toMatchObject({ storeAvailable: true, busConnected: true, pendingInvalidations: 0 });
    expect(two.health()).toMatchObject({ storeAvailable: true, busConnected: true });
  });
  await one.deleteByTag('t');
  await recovered(async () => expect(await two.getMany(keys)).toEqual(keys.map(() => 'new')));
  await two.clear();
  await recovered(async () => expect(await one.getMany(keys)).toEqual(keys.map(() => undefined)));
  row.operations = keys.length * 3;
  expect(unhandled.count).toBe(0);
  unhandled.stop();
}

it('the cache follows the failover of a Redis Cluster', async () => {
  const cluster = await startRedisCluster(3);
  stops.push(() => cluster.stop());
  await failOver('Redis Cluster', { cluster: { nodes: cluster.nodes } }, () => cluster.servers[2].kill());
});

it('the cache follows the failover of Sentinels', async () => {
  const { sentinels, name, master, stop } = await startSentinels();
  stops.push(stop);
  await failOver('Redis Sentinel', { options: { sentinels, name } }, () => master.kill());
});
