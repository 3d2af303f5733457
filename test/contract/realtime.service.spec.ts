import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { BACKEND, DRAIN, ReplicaIdentity, type BackendKind, type DrainRegistry } from '@rookery/core';
import { RealtimeModule, RealtimeService, type PresenceEvent } from '@rookery/realtime';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';
import { postgresUrl } from '../services.js';
import { byToken, TestCluster } from './realtime.app.js';

const WAIT = { timeout: 20_000, interval: 20 };

describe.each<BackendKind>(['memory', 'redis', 'postgres'])('RealtimeService on %s', (kind) => {
  const backends = backendsOf(kind);
  let namespace: string;
  const cluster = new TestCluster(() => ({ backend: backends(namespace), userOf: byToken, drainSpreadMs: 300 }));
  beforeEach(() => void (namespace = freshNamespace()));
  afterEach(() => cluster.close());

  it('sends the sockets of a leaving replica elsewhere, and nobody misses a message or is seen to leave', async () => {
    const [a, b] = await Promise.all([cluster.replica(), cluster.replica()]);
    const events: PresenceEvent[] = [];
    b.realtime.onPresence((event) => events.push(event));
    const way = await cluster.crossing(a);
    const clients = await Promise.all(['ann', 'bob', 'eve'].map((token) => cluster.client(way.url, { token })));
    await Promise.all(clients.map((client) => client.ask('join', 'room')));
    // Three came online, and three entered the room.
    await vi.waitFor(() => expect(events).toHaveLength(6), WAIT);
    events.length = 0;
    way.lead(b);
    let n = 0;
    const timer = setInterval(() => void b.realtime.toRoom('room').emit('n', n++), 5);
    await a.realtime.drain(AbortSignal.timeout(10_000));
    expect(a.realtime.status().sockets).toBe(0);
    await expect(cluster.plain(a.url, { token: 'late' })).rejects.toThrow();
    await a.app.close();
    await vi.waitFor(() => {
      for (const client of clients) expect(client.recoveries).toMatchObject([{ recovered: true }]);
    }, WAIT);
    clearInterval(timer);
    await vi.waitFor(() => {
      for (const client of clients) expect(client.of('n')).toEqual(Array.from({ length: n }, (_, i) => i));
    }, WAIT);
    expect((await b.realtime.presence('room')).sort()).toEqual(['ann', 'bob', 'eve']);
    expect(events).toEqual([]);
  });

  it('lets users of a replica that vanished go after its time, and tells it once', async () => {
    const [a, b] = await Promise.all([
      cluster.replica({ presenceTtlMs: 1_000 }),
      cluster.replica({ presenceTtlMs: 1_000 }),
    ]);
    const events: PresenceEvent[] = [];
    b.realtime.onPresence((event) => events.push(event));
    const [{ roster }] = a.realtime.servers.adapters();
    roster.enter('room', 'ghost');
    await vi.waitFor(async () => expect(await b.realtime.presence('room')).toEqual(['ghost']), WAIT);
    // It stops renewing itself, as the dead do.
    await roster.close();
    await vi.waitFor(async () => expect(await b.realtime.presence('room')).toEqual([]), WAIT);
    const gone = { type: 'leave', user: 'ghost', room: 'room', namespace: '/' };
    await vi.waitFor(() => expect(events.filter(({ type }) => type === 'leave')).toEqual([gone]), WAIT);
  });

  it('emits after the commit, and never after a rollback', async () => {
    const { url, realtime } = await cluster.replica();
    const client = await cluster.plain(url, { token: 'ann' });
    const dataSource = await new DataSource({ type: 'postgres', url: postgresUrl() }).initialize();
    const emit = (text: string, fail = false) =>
      dataSource.transaction(async (manager) => {
        realtime.toUser('ann').emitAfterCommit(manager, 'saved', text);
        await manager.query('select 1');
        if (fail) throw new Error('rolled back');
      });
    await expect(emit('never', true)).rejects.toThrow('rolled back');
    await emit('yes');
    await vi.waitFor(() => expect(client.of('saved')).toEqual(['yes']), WAIT);
    await dataSource.destroy();
  });

  it('checks the events of an app that names their types', async () => {
    interface Prices extends Record<string, (...args: never[]) => void> {
      price: (plan: string, amount: number) => void;
    }
    const { url, realtime } = await cluster.replica();
    const client = await cluster.plain(url);
    await realtime.toAll<Prices>().emit('price', 'basic', 12);
    // @ts-expect-error -- the amount is a number
    await realtime.toAll<Prices>().emit('price', 'basic', 'twelve');
    // @ts-expect-error -- the plan is missing
    await realtime.of<Prices>('/').toRoom('shop').emit('price');
    await vi.waitFor(() => expect(client.of('price')).toHaveLength(2), WAIT);
    expect(client.got[0]).toEqual(['price', 'basic', 12]);
  });

  it('says which clients did not acknowledge in time', async () => {
    const [a, b] = await Promise.all([cluster.replica(), cluster.replica()]);
    const quick = await cluster.plain(a.url);
    await cluster.plain(b.url);
    quick.socket.on('ask', (_question: unknown, answer: (text: string) => void) => answer('here'));
    await vi.waitFor(async () => expect(await a.server.fetchSockets()).toHaveLength(2), WAIT);
    const outcome = a.realtime.toAll().emitWithAck<string>(500, 'ask', 1);
    await expect(outcome).rejects.toMatchObject({ responses: ['here'] });
  });

  it('keeps a user who loses the connection for less than the grace time', async () => {
    const replica = await cluster.replica({ presenceGraceMs: 60_000 });
    const { realtime } = replica;
    const way = await cluster.crossing(replica);
    const events: PresenceEvent[] = [];
    const ann = await cluster.client(way.url, { token: 'ann' });
    await ann.ask('join', 'room');
    await vi.waitFor(async () => expect(await realtime.presence('room')).toEqual(['ann']), WAIT);
    realtime.onPresence((event) => events.push(event));
    way.cut();
    await vi.waitFor(() => expect(realtime.status().sockets).toBe(0), WAIT);
    expect(await realtime.presence('room')).toEqual(['ann']);
    way.mend();
    await vi.waitFor(() => expect(ann.recoveries).toMatchObject([{ recovered: true }]), WAIT);
    expect(await realtime.presence('room')).toEqual(['ann']);
    expect(events).toEqual([]);
  });

  it('refuses events that socket.io uses itself', async () => {
    const worker = await cluster.worker();
    await expect(worker.toAll().emit('connect')).rejects.toMatchObject({ code: 'ROOKERY_INVALID_INPUT' });
  });

  it('works over polling too, where it is turned on', async () => {
    const replica = await cluster.replica({ transports: ['polling', 'websocket'] });
    const client = await cluster.client(replica.url, { token: 'ann' }, { transports: ['polling'] });
    await client.ask('join', 'room');
    await replica.realtime.toRoom('room').emit('n', 1);
    await vi.waitFor(() => expect(client.of('n')).toEqual([1]), WAIT);
    const plain = await cluster.replica();
    await expect(cluster.client(plain.url, { token: 'ann' }, { transports: ['polling'] })).rejects.toThrow();
  });

  it('takes the backend, the identity and the drain phases of ClusterModule', async () => {
    const registered: string[] = [];
    const drain: DrainRegistry = { register: (phase, name) => void registered.push(`${phase} ${name}`) };
    @Module({
      providers: [
        { provide: BACKEND, useValue: backends(namespace) },
        { provide: DRAIN, useValue: drain },
        { provide: ReplicaIdentity, useValue: new ReplicaIdentity({ id: 'me' }) },
      ],
      exports: [BACKEND, DRAIN, ReplicaIdentity],
    })
    class SharedModule {}
    const shared = { module: SharedModule, global: true };
    const app = await Test.createTestingModule({ imports: [shared, RealtimeModule.forRoot()] }).compile();
    await app.init();
    expect(registered).toEqual(['sockets realtime']);
    const other = await cluster.replica();
    const client = await cluster.plain(other.url);
    await app.get(RealtimeService).toAll().emit('n', 1);
    await vi.waitFor(() => expect(client.of('n')).toEqual([1]), WAIT);
    await app.close();
  });
});
