import { randomBytes, randomUUID } from 'node:crypto';
import { postgres } from '@rookery/core/postgres';
import { PostgresCacheDriver } from '@rookery/cache/postgres';
import { startCache } from '@rookery/cache';
import {
  cacheDriverContract,
  cacheInvalidationContract,
  clusterCacheContract,
  type CacheReplica,
} from '@rookery/cache/testing';
import { describe, expect, it, vi } from 'vitest';
import { postgresUrl } from '../services.js';

const backends = (namespace: string) => () => postgres({ url: postgresUrl(), namespace, poolSize: 4 });

cacheDriverContract(async () => {
  const backend = backends(`test-${randomUUID()}`);
  return [new PostgresCacheDriver(backend()), new PostgresCacheDriver(backend())];
});

const replicas = async (): Promise<CacheReplica> => {
  const backend = backends(`test-${randomUUID()}`);
  return (options) => startCache({ ...options, backend: backend() });
};

clusterCacheContract(replicas);
cacheInvalidationContract(replicas);

describe('the table of values', () => {
  it.each([
    { bounds: { maxEntries: 300 }, bytes: 10, measure: 'count(*)', most: 300 },
    { bounds: { maxBytes: 500_000 }, bytes: 4_000, measure: 'sum(pg_column_size(body))', most: 525_000 },
  ])('stays within $bounds, and keeps what lives longest', async ({ bounds, bytes, measure, most }) => {
    const backend = backends(`test-${randomUUID()}`)();
    const driver = new PostgresCacheDriver(backend, bounds);
    await driver.open();
    const put = (name: string, ttlMs: number) =>
      driver.set(name, { v: randomBytes(bytes).toString('base64'), x: 0, t: {} }, ttlMs);
    for (let index = 0; index < 1_000; index++) await put(`/k${index}`, 60_000 + index * 1_000);
    // The last sweep may have been before the last writes.
    await vi.waitFor(async () => {
      await put('/last', 3_600_000);
      const size = await backend.query<{ size: string }>(
        `select ${measure} as size from rookery.cache_entries where namespace = $1`,
        [backend.namespace],
      );
      expect(Number(size.rows[0]!.size)).toBeLessThanOrEqual(most);
    }, 20_000);
    expect(await driver.get('/k0')).toBeUndefined();
    expect(await driver.get('/last')).toBeDefined();
    await driver.close();
  });
});
