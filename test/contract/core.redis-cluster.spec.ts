import { redis } from '@rookery/core/redis';
import { Redis } from 'ioredis';
import { afterAll, expect, it, vi } from 'vitest';
import { freshNamespace } from '../backends.js';
import { startRedisCluster } from './cluster.redis-topologies.js';

const cluster = await startRedisCluster(3);
afterAll(() => cluster.stop());

const LONG = { timeout: 60_000, interval: 200 };

it('a subscriber hears of the gap when the node that it listened at dies, and then hears the others again', async () => {
  const backend = redis({ cluster: { nodes: cluster.nodes }, namespace: freshNamespace() });
  await backend.open();
  const seen: string[] = [];
  const onGap = vi.fn();
  await backend.bus.subscribe('news', (message) => seen.push(message), { onGap });
  await backend.bus.publish('news', 'before');
  await vi.waitFor(() => expect(seen).toEqual(['before']), LONG);
  expect(onGap).not.toHaveBeenCalled();

  const listenedAt = await nodeWithSubscriber();
  await listenedAt.kill();
  await vi.waitFor(() => expect(onGap).toHaveBeenCalled(), LONG);
  await vi.waitFor(async () => {
    await backend.bus.publish('news', 'after'); // not before the dead node has an heir, if it was a master
    expect(seen).toContain('after');
  }, LONG);
  await backend.close();
});

async function nodeWithSubscriber() {
  const counts = await Promise.all(
    cluster.servers.map(async ({ url }) => {
      const client = new Redis(url);
      const list = (await client.client('LIST', 'TYPE', 'PUBSUB')) as string;
      client.disconnect();
      return list.trim() === '' ? 0 : list.trim().split('\n').length;
    }),
  );
  expect(counts.filter((count) => count > 0)).toEqual([1]);
  return cluster.servers[counts.indexOf(1)];
}
