import type { BackendKind } from '@rookery/core';
import { MessageTooLargeError, RoomRefusedError } from '@rookery/realtime';
import { io } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { backendsOf, freshNamespace } from '../backends.js';
import { byToken, TestCluster } from './realtime.app.js';

const WAIT = { timeout: 20_000, interval: 20 };

describe.each<BackendKind>(['memory', 'redis', 'postgres'])('what is refused, on %s', (kind) => {
  const backends = backendsOf(kind);
  let namespace: string;
  const cluster = new TestCluster(() => ({
    backend: backends(namespace),
    userOf: byToken,
    canJoin: (user, room) => room !== 'staff' || user === 'boss',
    maxSocketsPerUser: 2,
    maxEventsPerSecond: 50,
    maxMessageBytes: 20_000,
    maxBufferedBytes: 2_000_000,
  }));
  beforeEach(() => void (namespace = freshNamespace()));
  afterEach(() => cluster.close());

  it('refuses connections without valid proof, with words that the client can read', async () => {
    const { url } = await cluster.replica();
    await expect(cluster.plain(url, { token: 'garbage' })).rejects.toMatchObject({
      message: 'Your token is not valid; log in again.',
      data: { code: 'BAD_TOKEN' },
    });
    const leaky = await cluster.replica({
      userOf: () => {
        throw new Error('connect ECONNREFUSED postgres://app:secret@db');
      },
    });
    const refused = await cluster.plain(leaky.url, { token: 'x' }).catch((error: Error) => error);
    expect(refused).toBeInstanceOf(Error);
    expect((refused as Error).message).not.toContain('secret');
  });

  it('survives garbage instead of a handshake', async () => {
    const { url } = await cluster.replica();
    const good = await cluster.plain(url, { token: 'ann' });
    for (const garbage of ['40{"rookery":', '42["join"', '4', '451-[{"_placeholder":true}]', '\u0000'.repeat(100)]) {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
      socket.on('open', () => socket.send(garbage));
      socket.on('error', () => undefined);
      setTimeout(() => socket.close(), 300);
    }
    const odd = { rookery: { sid: {}, position: 'x', tickets: [1, null], toString: 1 } };
    await cluster.plain(url, { token: 'odd', ...odd });
    await cluster.plain(url, { token: 'odd', rookery: 'text' });
    expect(await good.ask('echo', 'still here')).toBe('STILL HERE');
  });

  it('limits the sockets of a user over all replicas', async () => {
    const [a, b] = await Promise.all([cluster.replica(), cluster.replica()]);
    const first = await cluster.plain(a.url, { token: 'ann' });
    await cluster.plain(b.url, { token: 'ann' });
    await expect(cluster.plain(a.url, { token: 'ann' })).rejects.toMatchObject({
      data: { code: 'ROOKERY_TOO_MANY_SOCKETS' },
    });
    await expect(cluster.plain(b.url, { token: 'ann' })).rejects.toThrow('2 connections');
    await cluster.plain(b.url, { token: 'bob' });
    first.close();
    await vi.waitFor(() => cluster.plain(b.url, { token: 'ann' }), WAIT);
  });

  it('lets nobody into rooms that are not allowed, or with names that cannot be', async () => {
    const [a, b] = await Promise.all([cluster.replica(), cluster.replica()]);
    const eve = await cluster.plain(a.url, { token: 'eve' });
    const boss = await cluster.plain(a.url, { token: 'boss' });
    expect(await boss.ask('join', 'staff')).toBe('joined');
    for (const room of ['staff', 'x'.repeat(10_000), 'rookery:user:boss', 'new\nline', ''])
      eve.socket.emit('join', room);
    await vi.waitFor(() => expect(eve.of('exception')).toHaveLength(5), WAIT);
    for (const exception of eve.of('exception'))
      expect(exception).toMatchObject({ status: 'error', code: 'ROOKERY_ROOM_REFUSED' });
    b.server.to('staff').emit('secret', 1);
    await b.realtime.toUser('boss').emit('secret', 2);
    await vi.waitFor(() => expect(boss.of('secret')).toEqual([1, 2]), WAIT);
    expect(eve.of('secret')).toEqual([]);
    expect(() => a.realtime.toRoom('x'.repeat(10_000))).toThrow(RoomRefusedError);
  });

  it('slows down whoever sends too much, and nobody else', async () => {
    const { url } = await cluster.replica();
    const eve = await cluster.plain(url, { token: 'eve' });
    const ann = await cluster.plain(url, { token: 'ann' });
    let answered = 0;
    for (let i = 0; i < 2_000; i++) eve.socket.emit('join', `room ${i}`, () => answered++);
    expect(await ann.ask('echo', 'hello')).toBe('HELLO');
    await vi.waitFor(() => expect(eve.of('exception')).toMatchObject([{ code: 'ROOKERY_RATE_LIMITED' }]), WAIT);
    await vi.waitFor(() => expect(answered).toBeGreaterThan(40), WAIT);
    expect(answered).toBeLessThan(500);
  });

  it('bounds messages in both directions', async () => {
    const { url, realtime, server } = await cluster.replica();
    const eve = await cluster.plain(url, { token: 'eve' });
    const ann = await cluster.plain(url, { token: 'ann' });
    eve.socket.io.reconnection(false);
    eve.socket.emit('echo', 'x'.repeat(30_000));
    await vi.waitFor(() => expect(eve.socket.connected).toBe(false), WAIT);
    expect(await ann.ask('echo', 'hello')).toBe('HELLO');
    await expect(realtime.toAll().emit('big', 'x'.repeat(30_000))).rejects.toThrow(MessageTooLargeError);
    expect(() => server.emit('big', 'x'.repeat(30_000))).toThrow(MessageTooLargeError);
  });

  it('drops a client that does not read, and keeps the others', async () => {
    const [a, b] = await Promise.all([cluster.replica(), cluster.replica()]);
    const lazy = io(a.url, { transports: ['websocket'], forceNew: true, reconnection: false, auth: { token: 'lazy' } });
    await new Promise<void>((resolve) => lazy.once('connect', () => resolve()));
    const wire = (lazy.io.engine.transport as unknown as { ws: { _socket: { pause(): void; resume(): void } } }).ws;
    wire._socket.pause();
    const ann = await cluster.plain(a.url, { token: 'ann' });
    const body = 'x'.repeat(15_000);
    let sent = 0;
    await vi.waitFor(async () => {
      for (let i = 0; i < 20; i++) b.server.emit('n', body, sent++);
      await b.realtime.toAll().emit('n', body, sent++);
      expect(a.realtime.status().sockets).toBe(1);
    }, WAIT);
    await vi.waitFor(() => expect(ann.of('n')).toHaveLength(sent), WAIT);
    wire._socket.resume();
    lazy.disconnect();
  });
});
