import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { startCache } from '@rookery/cache';
import { postgres } from '@rookery/core/postgres';
import { redis } from '@rookery/core/redis';
import { startPostgres, startRedis, type BackendName } from '@rookery/testing';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterEach, expect, it } from 'vitest';
import { recovered } from './cache.scene.js';
import { scale, scenario } from './report.js';

const HOUR = { ttlMs: 3_600_000, l1TtlMs: 3_600_000 };
/** A busy machine must not look like a store that is away. */
const deadlineMs = 20_000;

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const backends: BackendName[] = ['redis', 'postgres'];
it.each(backends)('no stale value is served after the bus on %s was cut during writes', async (kind) => {
  const fault = 'subscriptions killed while another replica writes';
  const must = '0 stale reads after the reconnect';
  const row = scenario({ id: 'cache-bus-cut', backend: kind, fault, must });
  const store = await startStore(kind);
  const near = await startCache({ backend: store.backend(), deadlineMs });
  stops.unshift(near.stop);
  const far = await startCache({ backend: store.backend(), deadlineMs });
  stops.unshift(far.stop);
  for (; row.operations < 20 * scale; row.operations++) {
    const key = `k${row.operations}`;
    await near.cache.set(key, 'old', HOUR);
    expect(await far.cache.get(key)).toBe('old');
    await Promise.all([store.cutTheBus(), near.cache.set(key, 'new', HOUR)]);
    await recovered(() => expect(far.cache.health().busConnected).toBe(true));
    // One round trip after the reconnect, all that was missed must be known.
    await pause(50);
    if ((await far.cache.get(key)) !== 'new') row.violations++;
  }
  expect(row.violations).toBe(0);
});

async function startStore(kind: BackendName) {
  const namespace = `chaos-${randomUUID()}`;
  if (kind === 'redis') {
    const store = await startRedis();
    const admin = new Redis(store.url);
    stops.push(() => admin.quit(), store.stop);
    return {
      backend: () => redis({ url: store.url, namespace }),
      cutTheBus: () => admin.client('KILL', 'TYPE', 'PUBSUB'),
    };
  }
  const store = await startPostgres();
  const admin = new pg.Client({ connectionString: store.url });
  await admin.connect();
  stops.push(() => admin.end(), store.stop);
  return {
    backend: () => postgres({ url: store.url, namespace, poolSize: 4 }),
    cutTheBus: () => admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen %'`),
  };
}
