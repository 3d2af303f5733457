import type { BackendKind } from '@rookery/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';
import { byToken, TestCluster } from './realtime.app.js';

const WAIT = { timeout: 20_000, interval: 20 };

describe.each<BackendKind>(['memory', 'redis', 'postgres'])('gateways over replicas on %s', (kind) => {
  const backends = backendsOf(kind);
  let namespace: string;
  const cluster = new TestCluster(() => ({ backend: backends(namespace), userOf: byToken, presenceGraceMs: 100 }));
  beforeEach(() => void (namespace = freshNamespace()));
  afterEach(() => cluster.close());

  async function twoReplicas() {
    const [a, b] = await Promise.all([cluster.replica(), cluster.replica()]);
    return {
      a,
      b,
      ann: await cluster.plain(a.url, { token: 'ann' }),
      bob: await cluster.plain(b.url, { token: 'bob' }),
    };
  }

  it('carries rooms, broadcasts and exceptions', async () => {
    const { a, b, ann, bob } = await twoReplicas();
    await Promise.all([ann.ask('join', 'news'), bob.ask('join', 'news')]);
    a.server.to('news').emit('headline', { text: 'from a', at: [1, 2, 3] });
    b.server.emit('all', 'from b');
    await ann.ask('say', ['news', 'hello']);
    b.server.to('news').except(bob.socket.id!).emit('headline', 'not to bob');
    await vi.waitFor(() => {
      expect(bob.of('headline')).toEqual([{ text: 'from a', at: [1, 2, 3] }]);
      expect(bob.of('all')).toEqual(['from b']);
      expect(bob.of('said')).toEqual(['hello']);
      expect(ann.of('headline')).toEqual([{ text: 'from a', at: [1, 2, 3] }, 'not to bob']);
    }, WAIT);
    expect(ann.of('said')).toEqual([]);
  });

  it('delivers to a client that is in several of the rooms once', async () => {
    const { a, bob } = await twoReplicas();
    await Promise.all([bob.ask('join', 'x'), bob.ask('join', 'y')]);
    a.server.to('x').to('y').emit('once', 1);
    a.server.to('y').emit('last', 2);
    await vi.waitFor(() => expect(bob.of('last')).toEqual([2]), WAIT);
    expect(bob.of('once')).toEqual([1]);
  });

  it('carries binary data, also long, and namespaces', async () => {
    const { a, b, bob } = await twoReplicas();
    const data = Buffer.alloc(30_000, 7);
    a.server.emit('bytes', { part: data });
    await vi.waitFor(() => expect(bob.of('bytes')).toEqual([{ part: data }]), WAIT);
    const admin = await cluster.plain(`${b.url}/admin`);
    a.realtime
      .of('/admin')
      .toAll()
      .emit('alert', 1)
      .catch(() => undefined);
    await vi.waitFor(() => expect(admin.of('alert')).toEqual([1]), WAIT);
    expect(bob.of('alert')).toEqual([]);
  });

  it('keeps the order of a burst', async () => {
    const { a, bob } = await twoReplicas();
    await bob.ask('join', 'burst');
    for (let i = 0; i < 4_000; i++) a.server.to('burst').emit('n', i);
    await vi.waitFor(() => expect(bob.of('n')).toHaveLength(4_000), WAIT);
    expect(bob.of('n')).toEqual(Array.from({ length: 4_000 }, (_, i) => i));
  });

  it('collects acknowledgements from everywhere', async () => {
    const { a, ann, bob } = await twoReplicas();
    ann.socket.on('ask', (_question: unknown, answer: (text: string) => void) => answer('ann'));
    bob.socket.on('ask', (_question: unknown, answer: (text: string) => void) => answer('bob'));
    await vi.waitFor(async () => expect(await a.server.fetchSockets()).toHaveLength(2), WAIT);
    const answers = (await a.server.timeout(10_000).emitWithAck('ask', 1)) as string[];
    expect(answers.sort()).toEqual(['ann', 'bob']);
    const worker = await cluster.worker();
    await vi.waitFor(async () => {
      const all = await worker.toAll().emitWithAck<string>(2_000, 'ask', 1);
      expect(all.sort()).toEqual(['ann', 'bob']);
    }, WAIT);
  });

  it('reaches sockets elsewhere: fetch, join, leave, disconnect, serverSideEmit', async () => {
    const { a, b, bob } = await twoReplicas();
    await vi.waitFor(async () => expect(await a.server.fetchSockets()).toHaveLength(2), WAIT);
    a.server.in(bob.socket.id!).socketsJoin('vip');
    a.server.to('vip').emit('welcome', 1);
    await vi.waitFor(() => expect(bob.of('welcome')).toEqual([1]), WAIT);
    expect((await a.server.in('vip').fetchSockets()).map(({ id }) => id)).toEqual([bob.socket.id]);
    a.server.in('vip').socketsLeave('vip');
    a.server.to('vip').emit('welcome', 2);
    const heard: unknown[] = [];
    b.server.on('news', (text: string) => heard.push(text));
    a.server.serverSideEmit('news', 'between servers');
    await vi.waitFor(() => expect(heard).toEqual(['between servers']), WAIT);
    expect(bob.of('welcome')).toEqual([1]);
    a.server.in(bob.socket.id!).disconnectSockets(true);
    await vi.waitFor(() => expect(bob.socket.connected).toBe(false), WAIT);
  });

  it("emits from a process without HTTP to rooms, users and all, in the service's way", async () => {
    const { ann, bob } = await twoReplicas();
    const worker = await cluster.worker();
    await ann.ask('join', 'room');
    await worker.toRoom('room').emit('to', 'room');
    await worker.toUser('bob').emit('to', 'bob');
    await worker.toAll().exceptUser('bob').emit('to', 'all but bob');
    worker.toAll().emitVolatile('to', 'all');
    await vi.waitFor(() => {
      expect(ann.of('to')).toEqual(['room', 'all but bob', 'all']);
      expect(bob.of('to')).toEqual(['bob', 'all']);
    }, WAIT);
  });

  it('knows who is where', async () => {
    const { a, b, ann, bob } = await twoReplicas();
    const seen: string[] = [];
    a.realtime.onPresence(({ type, user, room }) => seen.push(`${type} ${user} ${room}`));
    const again = await cluster.plain(b.url, { token: 'ann' });
    await Promise.all([ann, bob, again].map((client) => client.ask('join', 'den')));
    await vi.waitFor(async () => {
      expect((await b.realtime.presence('den')).sort()).toEqual(['ann', 'bob']);
      expect(await a.realtime.isOnline('bob')).toBe(true);
    }, WAIT);
    expect(await a.realtime.isOnline('eve')).toBe(false);
    await ann.ask('leave', 'den');
    await bob.ask('leave', 'den');
    await vi.waitFor(async () => expect(await a.realtime.presence('den')).toEqual(['ann']), WAIT);
    again.close();
    await vi.waitFor(async () => expect(await a.realtime.presence('den')).toEqual([]), WAIT);
    await vi.waitFor(() => {
      const inDen = seen.filter((event) => event.endsWith(' den'));
      expect(inDen.slice(0, 2).sort()).toEqual(['enter ann den', 'enter bob den']);
      expect(inDen.slice(2)).toEqual(['leave bob den', 'leave ann den']);
    }, WAIT);
  });

  it('disconnects a user everywhere', async () => {
    const { a, ann, bob } = await twoReplicas();
    a.realtime.disconnectUser('bob');
    await vi.waitFor(() => expect(bob.socket.connected).toBe(false), WAIT);
    expect(ann.socket.connected).toBe(true);
  });

  it('leaves guards, pipes, interceptors and filters to Nest', async () => {
    const { ann } = await twoReplicas();
    expect(await ann.ask('echo', 'quiet')).toBe('QUIET');
    expect(await ann.ask('shout', 'hey')).toBe('hey!');
    ann.socket.emit('echo', 'villain');
    await vi.waitFor(() => expect(ann.of('exception')).toMatchObject([{ message: 'No villains here.' }]), WAIT);
  });
});
