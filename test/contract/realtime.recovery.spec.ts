import type { BackendKind } from '@rookery/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';
import { byToken, TestCluster } from './realtime.app.js';
import type { TestClient } from './realtime.client.js';

const WAIT = { timeout: 20_000, interval: 20 };
const count = (n: number, from = 0) => Array.from({ length: n }, (_, i) => from + i);

describe.each<BackendKind>(['memory', 'redis', 'postgres'])('recovery on %s', (kind) => {
  const backends = backendsOf(kind);
  let namespace: string;
  let banned: string[];
  const cluster = new TestCluster(() => ({
    backend: backends(namespace),
    userOf: byToken,
    canJoin: async (user, room) => !banned.includes(`${user} ${room}`),
    historySize: 100,
  }));
  beforeEach(() => {
    namespace = freshNamespace();
    banned = [];
  });
  afterEach(() => cluster.close());

  /** Two replicas, and a client whose way leads to the first. */
  async function scene(auth = { token: 'ann' }) {
    const [a, b] = await Promise.all([cluster.replica(), cluster.replica()]);
    const way = await cluster.crossing(a);
    const client = await cluster.client(way.url, auth);
    return { a, b, way, client };
  }

  const recoveriesOf = (client: TestClient, n: number) =>
    vi.waitFor(() => {
      expect(client.recoveries).toHaveLength(n);
      return client.recoveries[n - 1];
    }, WAIT);

  it('brings everything that was missed, in order and once, from another replica', async () => {
    const { a, b, way, client } = await scene();
    await client.ask('join', 'one');
    await client.ask('join', 'two');
    const send = async (from: number, n: number, replicas = [a]) => {
      for (const i of count(n, from)) {
        const { realtime } = replicas[i % replicas.length];
        await realtime.toRoom(i % 3 ? 'one' : 'two').emit('n', i);
      }
    };
    await send(0, 10);
    await vi.waitFor(() => expect(client.of('n')).toHaveLength(10), WAIT);
    way.cut();
    await send(10, 20, [a, b]);
    await a.realtime.toUser('ann').emit('mail', 'to you');
    await a.realtime.toAll().emit('mail', 'to all');
    await a.realtime.toRoom('one', 'two').emit('mail', 'to two rooms');
    await a.realtime.toRoom('elsewhere').emit('mail', 'not yours');
    await a.realtime.toAll().exceptUser('ann').emit('mail', 'to all but you');
    way.mend(b);
    expect(await recoveriesOf(client, 1)).toEqual({ recovered: true, missed: 23, refused: [] });
    await send(30, 10);
    await vi.waitFor(() => expect(client.of('n')).toHaveLength(40), WAIT);
    expect(client.of('n')).toEqual(count(40));
    expect(client.of('mail')).toEqual(['to you', 'to all', 'to two rooms']);
  });

  it('loses and repeats nothing while messages never stop', async () => {
    const { a, b, way, client } = await scene();
    const worker = await cluster.worker();
    await client.ask('join', 'stream');
    const sent: Promise<void>[] = [];
    const sources = [a.realtime, b.realtime, worker];
    const numbers = sources.map(() => 0);
    const timer = setInterval(() => {
      for (const [i, source] of sources.entries()) sent.push(source.toRoom('stream').emit(`from${i}`, numbers[i]++));
    }, 5);
    for (let round = 0; round < 6; round++) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      way.cut();
      await new Promise((resolve) => setTimeout(resolve, 40));
      way.mend(round % 2 ? a : b);
      await recoveriesOf(client, round + 1);
    }
    clearInterval(timer);
    await Promise.all(sent);
    expect(client.recoveries.every(({ recovered }) => recovered)).toBe(true);
    await vi.waitFor(() => {
      for (const i of sources.keys()) expect(client.of(`from${i}`)).toHaveLength(numbers[i]);
    }, WAIT);
    for (const i of sources.keys()) expect(client.of(`from${i}`)).toEqual(count(numbers[i]));
  });

  it('says so when more was missed than the history keeps', async () => {
    const { a, b, way, client } = await scene();
    await client.ask('join', 'busy');
    way.cut();
    for (const i of count(150)) void a.realtime.toRoom('busy').emit('n', i);
    await a.realtime.toRoom('busy').emit('n', 150);
    way.mend(b);
    expect(await recoveriesOf(client, 1)).toEqual({ recovered: false, missed: 0, refused: [] });
    await b.realtime.toRoom('busy').emit('after', 1);
    await vi.waitFor(() => expect(client.of('after')).toEqual([1]), WAIT);
    expect(client.of('n')).toEqual([]);
  });

  it('does not put a client back into a room that it left or may no longer be in', async () => {
    const { a, b, way, client } = await scene();
    for (const room of ['left', 'forbidden', 'kept']) await client.ask('join', room);
    await client.ask('leave', 'left');
    way.cut();
    banned = ['ann forbidden'];
    for (const room of ['left', 'forbidden', 'kept']) await a.realtime.toRoom(room).emit('n', room);
    way.mend(b);
    expect(await recoveriesOf(client, 1)).toEqual({ recovered: false, missed: 0, refused: ['forbidden'] });
    for (const room of ['left', 'forbidden', 'kept']) await a.realtime.toRoom(room).emit('later', room);
    await vi.waitFor(() => expect(client.of('later')).toEqual(['kept']), WAIT);
    way.cut();
    await a.realtime.toRoom('kept').emit('later', 'again');
    way.mend(a);
    expect(await recoveriesOf(client, 2)).toEqual({ recovered: true, missed: 1, refused: [] });
  });

  it('gives nothing for forged or stolen tickets, nor from before the join', async () => {
    const { a, b } = await scene();
    const secrets = () => a.realtime.toRoom('board').emit('secret', 1);
    const insider = await cluster.plain(a.url, { token: 'bob', rookery: {} });
    await secrets();
    await b.realtime.toAll().emit('marker', 1);
    await vi.waitFor(() => expect(insider.raw.map(([, , event]) => event)).toContain('marker'), WAIT);
    await insider.ask('join', 'board');
    const { joined, position } = insider.raw.map(([, note]) => note).at(-1) as {
      joined: Record<string, string>;
      position: object;
    };
    await secrets();
    const back = async (token: string, ticket: unknown, from: object = position) => {
      const client = await cluster.plain(b.url, {
        token,
        rookery: { sid: 'x', position: from, tickets: { board: ticket } },
      });
      await vi.waitFor(() => expect(client.raw.map(([name]) => name)).toContain('rookery:recovery'), WAIT);
      const stamps = client.raw.flatMap(([, stamp, event]) => (event === 'secret' ? [String(stamp)] : []));
      // Each once: what b hears only now comes from the history and alive, as the stamp tells the client.
      return { client, secrets: new Set(stamps).size };
    };
    const { board } = joined;
    expect((await back('bob', board)).secrets).toBe(1);
    expect((await back('bob', board, { ...position, offset: 1 })).secrets).toBe(0);
    expect((await back('bob', board, { epoch: 'forged', offset: 1 })).secrets).toBe(0);
    expect((await back('bob', board, { epoch: {}, offset: 'x' })).secrets).toBe(0);
    expect((await back('eve', board)).secrets).toBe(0);
    expect((await back('eve', { toString: 'x' })).secrets).toBe(0);
    const eve = await back('eve', `${board.slice(0, -1)}${board.endsWith('A') ? 'B' : 'A'}`);
    const offset = (position as { offset: number }).offset - 1_000_000;
    expect((await back('bob', board, { ...position, offset })).secrets).toBe(1);
    await secrets();
    await a.realtime.toAll().emit('end', 1);
    const told = () => eve.client.raw.map(([, , event]) => event);
    await vi.waitFor(() => expect(told()).toContain('end'), WAIT);
    expect(told()).not.toContain('secret');
  });

  it('tells a client in very many rooms in which it no longer is', async () => {
    const { a, b, way, client } = await scene();
    const rooms = count(1_100).map((n) => `room ${n}`);
    const all = (server: typeof a.server) =>
      [...server.sockets.sockets.values()].flatMap((socket) =>
        [...socket.rooms].filter((room) => room.startsWith('room ')),
      );
    a.server.in(client.socket.id!).socketsJoin(rooms);
    await vi.waitFor(() => expect(all(a.server)).toHaveLength(1_100), WAIT);
    await a.realtime.toRoom('room 0').emit('n', 0);
    await vi.waitFor(() => expect(client.of('n')).toEqual([0]), WAIT);
    way.cut();
    way.mend(b);
    const { recovered, refused } = await recoveriesOf(client, 1);
    expect(recovered).toBe(false);
    expect([...refused, ...all(b.server)].sort()).toEqual([...rooms].sort());
    expect(refused).toHaveLength(100);
  });

  it('recovers a client that nothing was ever sent to', async () => {
    const { a, b, way, client } = await scene();
    way.cut();
    await a.realtime.toUser('ann').emit('first', 1);
    way.mend(b);
    expect(await recoveriesOf(client, 1)).toEqual({ recovered: true, missed: 1, refused: [] });
    expect(client.of('first')).toEqual([1]);
  });
});
