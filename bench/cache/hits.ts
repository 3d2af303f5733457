import { randomUUID } from 'node:crypto';
import { createClient } from '@redis/client';
import { redis } from '@rookery/core/redis';
import { startCache } from '@rookery/cache';
import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { interleaved, type BenchRow, type Measured } from '../bench.js';
import { NAMES, sample, start, type Contestant } from './contestants.js';

const KEYS = Array.from({ length: 100 }, (_, index) => `plan:${index}`);
const L1_CALLS = 50_000;
const L2_CALLS = 3_000;

/** Calls per second of an `await`ed call, one after the other. */
async function rate(calls: number, call: (key: string) => unknown): Promise<number> {
  const from = performance.now();
  for (let index = 0; index < calls; index++) await call(KEYS[index % KEYS.length]!);
  return (calls / (performance.now() - from)) * 1_000;
}

function row(id: string, what: string, must: string, measured: Record<string, Measured>): BenchRow {
  const { ours, ...rivals } = measured as Record<string, Measured> & { ours: Measured };
  return {
    id,
    what,
    unit: 'ops/s',
    better: 'higher',
    ours: ours.median,
    rivals: Object.fromEntries(Object.entries(rivals).map(([name, { median }]) => [name, median])),
    spread: ours.spread,
    must,
  };
}

/** Hits in the process. */
export async function localHits(redisUrl: string): Promise<BenchRow[]> {
  const value = sample();
  const contestants = new Map<string, Contestant>();
  for (const name of NAMES) contestants.set(name, await start(name, redisUrl));
  const lru = new LRUCache<string, object>({ max: 1_000 });
  for (const key of KEYS) lru.set(key, value);
  const tags = ['plans', 'prices'];
  const call = (name: string, prefix: string, tagged?: string[]) => () =>
    rate(L1_CALLS, (key) => contestants.get(name)!.getOrSet(prefix + key, () => value, tagged));
  const measured = await interleaved({
    ours: call('ours', ''),
    'ours, 2 tags': call('ours', 'tagged:', tags),
    bentocache: call('bentocache', ''),
    'bentocache, 2 tags': call('bentocache', 'tagged:', tags),
    cacheable: call('cacheable', ''),
    'cache-manager': call('cache-manager', ''),
    'lru-cache': () => rate(L1_CALLS, (key) => lru.get(key)),
  });
  await Promise.all([...contestants.values()].map((contestant) => contestant.stop()));
  const { 'ours, 2 tags': tagged, 'bentocache, 2 tags': bentoTagged, ...plain } = measured;
  const rivals = { bentocache: plain.bentocache, 'bentocache-with-tags': bentoTagged };
  return [
    row('l1-hit', 'getOrSet of 6 KB, hit in the process', 'ours >= 5 * bentocache', plain),
    row('l1-hit-2-tags', 'the same with 2 tags, against the rival without', 'ours >= 3 * bentocache', {
      ours: tagged,
      ...rivals,
    }),
  ];
}

/** Hits in Redis, beside the clients that do nothing else. */
export async function sharedHits(redisUrl: string): Promise<BenchRow[]> {
  const namespace = randomUUID();
  const { cache, stop } = await startCache({ backend: redis({ url: redisUrl, namespace }) });
  const nodeRedis = await createClient({ url: redisUrl }).connect();
  const ioredis = new Redis(redisUrl);
  const text = JSON.stringify(sample());
  for (const key of KEYS) {
    await cache.set(key, sample());
    await nodeRedis.set(namespace + key, text);
  }
  const calls = {
    ours: (key: string) => cache.get(key, { l1: false }),
    '@redis/client': async (key: string) => JSON.parse((await nodeRedis.get(namespace + key))!) as object,
    ioredis: async (key: string) => JSON.parse((await ioredis.get(namespace + key))!) as object,
  };
  const many = (call: (key: string) => Promise<unknown>) => async () => {
    const workers = Array.from({ length: 64 }, () => rate(L2_CALLS / 64, call));
    const from = performance.now();
    await Promise.all(workers);
    return (Math.floor(L2_CALLS / 64) * 64 * 1_000) / (performance.now() - from);
  };
  const one = await interleaved(
    {
      ours: () => rate(L2_CALLS, calls.ours),
      '@redis/client': () => rate(L2_CALLS, calls['@redis/client']),
      ioredis: () => rate(L2_CALLS, calls.ioredis),
    },
    11,
  );
  const crowd = await interleaved(
    { ours: many(calls.ours), '@redis/client': many(calls['@redis/client']), ioredis: many(calls.ioredis) },
    11,
  );
  await Promise.all([stop(), nodeRedis.disconnect()]);
  ioredis.disconnect();
  // At most 1.10 times the time of a call is at least 0.91 times the calls.
  const must = 'ours >= 0.91 * @redis/client';
  return [
    row('l2-hit', 'get of 6 KB, hit in Redis, one caller; the clients: GET and JSON.parse', must, one),
    row('l2-hit-64', 'the same with 64 callers', 'ours >= 0.9 * @redis/client', crowd),
  ];
}
