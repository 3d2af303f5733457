import { resourceKey, type Backend } from '@rookery/core';
import { redis } from '@rookery/core/redis';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { freshNamespace } from '../backends.js';
import { startRedisCluster, startSentinels } from './cluster.redis-topologies.js';
import { byToken, TestCluster } from './realtime.app.js';

const WAIT = { timeout: 60_000, interval: 50 };
const count = (n: number, from = 0) => Array.from({ length: n }, (_, i) => from + i);

/** A Redis that has another server ready for the one that dies. */
interface Topology {
  backend(namespace: string): Backend;
  /** Ends the server that has the log of the namespace `/`. */
  killMaster(namespace: string): Promise<void>;
  stop(): Promise<void>;
}

async function redisCluster(): Promise<Topology> {
  const { nodes, servers, stop } = await startRedisCluster(3);
  return {
    backend: (namespace) => redis({ cluster: { nodes }, namespace }),
    killMaster: async (namespace) => {
      const client = new Redis(servers[0].url);
      const slot = await client.cluster('KEYSLOT', resourceKey(namespace, 'realtime', '/', 'log'));
      client.disconnect();
      await servers[Math.floor(slot / Math.ceil(16_384 / 3))].kill();
    },
    stop,
  };
}

async function redisSentinel(): Promise<Topology> {
  const { sentinels, name, master, stop } = await startSentinels();
  return {
    backend: (namespace) => redis({ options: { sentinels, name }, namespace }),
    killMaster: () => master.kill(),
    stop,
  };
}

describe.each([
  ['Redis Cluster', redisCluster],
  ['Redis Sentinel', redisSentinel],
])('realtime on %s', (_, start) => {
  let topology: Topology;
  let namespace: string;
  const cluster = new TestCluster(() => ({
    backend: topology.backend(namespace),
    userOf: byToken,
    presenceGraceMs: 100,
    historySize: 10_000,
  }));
  beforeAll(async () => {
    topology = await start();
  }, 120_000);
  afterAll(() => topology?.stop());
  beforeEach(() => void (namespace = freshNamespace()));
  afterEach(() => cluster.close());

  it('spans rooms, users, presence and requests over replicas, and recovers clients', async () => {
    const [a, b] = await Promise.all([cluster.replica(), cluster.replica()]);
    const worker = await cluster.worker();
    const way = await cluster.crossing(a);
    const [ann, bob] = [await cluster.client(way.url, { token: 'ann' }), await cluster.plain(b.url, { token: 'bob' })];
    await Promise.all([ann, bob].map((client) => client.ask('join', 'den')));
    await vi.waitFor(async () => expect((await worker.presence('den')).sort()).toEqual(['ann', 'bob']), WAIT);
    for (const n of count(500)) void a.realtime.toRoom('den').emit('n', n);
    await worker.toUser('bob').emit('mail', 'hello');
    await vi.waitFor(() => {
      for (const client of [ann, bob]) expect(client.of('n')).toEqual(count(500));
      expect(bob.of('mail')).toEqual(['hello']);
    }, WAIT);
    expect(await a.server.fetchSockets()).toHaveLength(2);

    way.cut();
    for (const n of count(50, 500)) await worker.toRoom('den').emit('n', n);
    way.mend(b);
    await vi.waitFor(() => expect(ann.recoveries).toEqual([{ recovered: true, missed: 50, refused: [] }]), WAIT);
    await vi.waitFor(() => {
      for (const client of [ann, bob]) expect(client.of('n')).toEqual(count(550));
    }, WAIT);
  });

  it('delivers here at once while its master is gone, and everywhere or with a word after the failover', async () => {
    const [a, b] = await Promise.all([cluster.replica(), cluster.replica()]);
    const here = await cluster.plain(a.url, { token: 'here' });
    const [ann, bob] = [await cluster.client(b.url, { token: 'ann' }), await cluster.client(a.url, { token: 'bob' })];
    await Promise.all([here, ann, bob].map((client) => client.ask('join', 'den')));
    let sent = 0;
    const timer = setInterval(() => void a.realtime.toRoom('den').emit('n', sent++), 20);
    await vi.waitFor(() => expect(ann.of('n').length).toBeGreaterThan(20), WAIT);

    await topology.killMaster(namespace);
    await vi.waitFor(() => expect(a.realtime.status().connected).toBe(false), WAIT);
    const before = here.of('n').length;
    await vi.waitFor(() => expect(here.of('n').length).toBeGreaterThan(before + 20), WAIT);
    await vi.waitFor(() => {
      for (const { realtime } of [a, b]) expect(realtime.status()).toMatchObject({ connected: true });
    }, WAIT);
    clearInterval(timer);
    await vi.waitFor(() => expect(a.realtime.status().queued).toBe(0), WAIT);
    // While b catches up, it may have to tell its client to reload, instead of giving it what was said until then.
    await vi.waitFor(async () => {
      await a.realtime.toRoom('den').emit('end', 1);
      for (const client of [here, ann, bob]) expect(client.of('end')).not.toEqual([]);
    }, WAIT);
    for (const client of [here, bob]) expect(client.of('n')).toEqual(count(sent));

    // What the new master had not been given yet may be missing, but then the client was told.
    const got = ann.of('n') as number[];
    expect(got).toEqual([...new Set(got)].sort((x, y) => x - y));
    const told = ann.recoveries.some(({ recovered }) => !recovered);
    if (!told) expect(got).toEqual(count(sent));
    await vi.waitFor(async () => {
      expect((await b.realtime.presence('den')).sort()).toEqual(['ann', 'bob', 'here']);
    }, WAIT);
  });
});
