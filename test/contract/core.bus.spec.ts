import type { Backend } from '@rookery/core';
import { postgres } from '@rookery/core/postgres';
import { redis } from '@rookery/core/redis';
import { startPostgres, startRedis } from '@rookery/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DataSource } from 'typeorm';
import { backendsOf, freshNamespace } from '../backends.js';
import { postgresUrl } from '../services.js';
import { busContract } from './core.bus.contract.js';

for (const kind of ['memory', 'redis', 'postgres'] as const) busContract(kind, { backend: backendsOf(kind) });

const open: Backend[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((backend) => backend.close()))));

describe('a bus whose store goes away', () => {
  const stores = {
    redis: async () => {
      const store = await startRedis();
      return { store, backend: () => redis({ url: store.url }) };
    },
    postgres: async () => {
      const store = await startPostgres();
      return { store, backend: () => postgres({ url: store.url }) };
    },
  };

  it.each(['redis', 'postgres'] as const)('tells the gap and goes on after a restart of %s', async (kind) => {
    const { store, backend } = await stores[kind]();
    try {
      const [one, other] = [backend(), backend()];
      await one.open();
      await other.open();
      open.push(one, other);
      const seen: string[] = [];
      const onGap = vi.fn();
      await other.bus.subscribe('news', (message) => seen.push(message), { onGap });
      await store.restart();
      await vi.waitFor(() => expect(onGap).toHaveBeenCalled(), { timeout: 30_000 });
      expect(other.bus.connected).toBe(true);
      await vi.waitFor(() => one.bus.publish('news', 'back'), { timeout: 30_000 });
      await vi.waitFor(() => expect(seen).toContain('back'), { timeout: 20_000 });
    } finally {
      await Promise.all(open.splice(0).map((each) => each.close()));
      await store.stop();
    }
  });
});

it("listens with the app's own DataSource, whose password stands apart from the address", async () => {
  const { hostname, port, username, password, pathname } = new URL(postgresUrl());
  const dataSource = new DataSource({
    type: 'postgres',
    host: hostname,
    port: Number(port),
    username,
    password: decodeURIComponent(password),
    database: pathname.slice(1),
  });
  const backend = postgres({ dataSource, namespace: freshNamespace() });
  await backend.open();
  open.push(backend);
  const seen: string[] = [];
  await backend.bus.subscribe('news', (message) => seen.push(message));
  await backend.bus.publish('news', 'heard');
  await vi.waitFor(() => expect(seen).toEqual(['heard']), { timeout: 20_000 });
});
