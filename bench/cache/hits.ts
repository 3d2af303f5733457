import { randomUUID } from 'node:crypto';
import { createClient } from '@redis/client';
import { redis } from '@rookery/core/redis';
import { startCache } from '@rookery/cache';
import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { interleaved, type BenchRow, type Measured } from '../bench.js';
import { bentocache, NAMES, sample, start, type Contestant } from './contestants.js';

const KEYS = Array.from({ length: 100 }, (_, index) => `plan:${index}`);
const ROUND_MS = 150;

/** Calls per second of an `await`ed call, by so many callers, each one after the other. */
async function rate(call: (key: string) => unknown, callers = 1): Promise<number> {
  const from = performance.now();
  let calls = 0;
  const caller = async () => {
    while (performance.now() - from < ROUND_MS)
      for (let index = 0; index < 10; index++) await call(KEYS[calls++ % KEYS.length]!);
  };
  await Promise.all(Array.from({ length: callers }, caller));
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
  await contestants.get('bentocache')!.stop();
  contestants.set('bentocache', await bentocache(redisUrl, randomUUID(), false));
  const lru = new LRUCache<string, object>({ max: 1_000 });
  for (const key of KEYS) lru.set(key, value);
  const tags = ['plans', 'prices'];
  const call = (name: string, prefix: string, tagged?: string[]) => () =>
    rate((key) => contestants.get(name)!.getOrSet(prefix + key, () => value, tagged));
  for (const contestant of contestants.values())
    for (const key of KEYS) {
      await contestant.getOrSet(key, () => value);
      await contestant.getOrSet(`tagged:${key}`, () => value, tags);
    }
  const measured = await interleaved({
    ours: call('ours', ''),
    'ours, 2 tags': call('ours', 'tagged:', tags),
    bentocache: call('bentocache', ''),
    'bentocache, 2 tags': call('bentocache', 'tagged:', tags),
    cacheable: call('cacheable', ''),
    'cache-manager': call('cache-manager', ''),
    'lru-cache': () => rate((key) => lru.get(key)),
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
  const by = (callers: number) => ({
    ours: () => rate(calls.ours, callers),
    '@redis/client': () => rate(calls['@redis/client'], callers),
    ioredis: () => rate(calls.ioredis, callers),
  });
  const one = await interleaved(by(1), 15);
  const crowd = await interleaved(by(64), 15);
  await Promise.all([stop(), nodeRedis.disconnect()]);
  ioredis.disconnect();
  // At most 1.10 times the time of a call is at least 0.91 times the calls.
  const must = 'ours >= 0.91 * @redis/client';
  return [
    row('l2-hit', 'get of 6 KB, hit in Redis, one caller; the clients: GET and JSON.parse', must, one),
    row('l2-hit-64', 'the same with 64 callers', 'ours >= 0.9 * @redis/client', crowd),
  ];
}
