import type { Backend, BackendKind } from '@rookery/core';
import { postgres } from '@rookery/core/postgres';
import { redis } from '@rookery/core/redis';
import { startPostgres, startRedis } from '@rookery/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DataSource } from 'typeorm';
import { backendsOf, freshNamespace } from '../backends.js';
import { postgresUrl } from '../services.js';

const open: Backend[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((backend) => backend.close()))));

describe.each<BackendKind>(['memory', 'redis', 'postgres'])('Bus on %s', (kind) => {
  const backends = backendsOf(kind);

  async function replicas(namespace = freshNamespace()) {
    const both = [backends(namespace), backends(namespace)];
    await Promise.all(both.map((backend) => backend.open()));
    open.push(...both);
    return both.map((backend) => backend.bus);
  }

  it('carries messages to every replica, the own one included, in the order of the publisher', async () => {
    const [one, other] = await replicas();
    const seen: Record<string, string[]> = { one: [], other: [] };
    await one.subscribe('news', (message) => seen.one.push(message));
    await other.subscribe('news', (message) => seen.other.push(message));
    const sent = Array.from({ length: 500 }, (_, index) => `message ${index}`);
    await Promise.all(sent.map((message) => one.publish('news', message)));
    await vi.waitFor(() => expect(seen).toEqual({ one: sent, other: sent }), { timeout: 20_000 });
  });

  it('carries long, empty and repeated messages without reordering them', async () => {
    const [one, other] = await replicas();
    const seen: string[] = [];
    await other.subscribe('news', (message) => seen.push(message));
    const sent = ['', 'same', 'same', '@1', '5=five', 'ü'.repeat(20_000), "after '; drop table", 'same'];
    for (const message of sent) void one.publish('news', message);
    await vi.waitFor(() => expect(seen).toEqual(sent), { timeout: 20_000 });
  });

  it('keeps channels and namespaces apart, and stops after unsubscribe', async () => {
    const [one, other] = await replicas();
    const [stranger] = await replicas();
    const seen: string[] = [];
    const stop = await other.subscribe('news', (message) => seen.push(message));
    await one.publish('weather', 'rain');
    await stranger.publish('news', 'from another app');
    await one.publish('news', 'last');
    await vi.waitFor(() => expect(seen).toEqual(['last']), { timeout: 20_000 });
    await stop();
    await stop();
    await one.publish('news', 'too late');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(seen).toEqual(['last']);
  });
});

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
