import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Backend } from '@rookery/core';
import { postgres } from '@rookery/core/postgres';
import { redis } from '@rookery/core/redis';
import { RealtimeModule, RealtimeService } from '@rookery/realtime';
import { createAdapter as postgresAdapter } from '@socket.io/postgres-adapter';
import { createAdapter as redisAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as streamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import pg from 'pg';
import { Server, type ServerOptions } from 'socket.io';
import { io, type Socket } from 'socket.io-client';

/** Two servers of one cluster; what the first emits to the room, the client at the second one gets. */
export interface Contestant {
  emitter: Server;
  client: Socket;
  close(): Promise<void>;
}

interface Side {
  options: Partial<ServerOptions>;
  attach?(server: Server): void;
  close(): Promise<void>;
}

export const ROOM = 'room';

async function contestant(side: () => Promise<Side>): Promise<Contestant> {
  const sides = [await side(), await side()] as const;
  const servers = await Promise.all(
    sides.map(async ({ options, attach }) => {
      const http = createServer();
      const server = new Server(http, { ...options, transports: ['websocket'] });
      attach?.(server);
      server.on('connection', (socket) => void socket.join(ROOM));
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      return { server, port: (http.address() as AddressInfo).port };
    }),
  );
  const client = io(`http://127.0.0.1:${servers[1]!.port}`, { transports: ['websocket'], forceNew: true });
  await new Promise<void>((resolve) => void client.once('connect', () => resolve()));
  const emitter = servers[0]!.server;
  await untilHeard(emitter, client);
  return {
    emitter,
    client,
    close: async () => {
      client.disconnect();
      await Promise.all(servers.map(({ server }) => server.close()));
      await Promise.all(sides.map((one) => one.close()));
    },
  };
}

/** Adapters subscribe in the background; measuring begins when the way is there. */
async function untilHeard(emitter: Server, client: Socket): Promise<void> {
  let heard = false;
  client.once('hello', () => (heard = true));
  while (!heard) {
    emitter.to(ROOM).emit('hello');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
}

function ours(backend: () => Backend, historySize: number): Promise<Contestant> {
  return contestant(async () => {
    class BenchModule {}
    Module({ imports: [RealtimeModule.forRoot({ backend: backend(), historySize })] })(BenchModule);
    const app = await NestFactory.createApplicationContext(BenchModule, { logger: false });
    const realtime = app.get(RealtimeService);
    return {
      options: { adapter: realtime.servers.adapter },
      attach: (server) => realtime.attach(server),
      close: () => app.close(),
    };
  });
}

export const oursOnRedis = (url: string, namespace: string, historySize: number) =>
  ours(() => redis({ url, namespace }), historySize);

export const oursOnPostgres = (url: string, namespace: string, historySize: number) =>
  ours(() => postgres({ url, namespace, poolSize: 5 }), historySize);

/** Two ioredis clients and what an official adapter makes of them. */
function onRedis(url: string, adapter: (one: Redis, other: Redis) => unknown): Promise<Contestant> {
  return contestant(async () => {
    const clients = [new Redis(url, { lazyConnect: true }), new Redis(url, { lazyConnect: true })] as const;
    // ioredis asks a new connection whether it is ready; a subscription before that makes it fail.
    await Promise.all(clients.map((client) => client.connect()));
    return {
      options: { adapter: adapter(...clients) as ServerOptions['adapter'] },
      close: async () => clients.forEach((client) => client.disconnect()),
    };
  });
}

export const classic = (url: string, key: string) => onRedis(url, (pub, sub) => redisAdapter(pub, sub, { key }));
export const sharded = (url: string, channelPrefix: string) =>
  onRedis(url, (pub, sub) => createShardedAdapter(pub, sub, { channelPrefix }));
export const streams = (url: string, streamName: string) =>
  onRedis(url, (client) => streamsAdapter(client, { streamName }));

export const officialPostgres = (url: string, channelPrefix: string) =>
  contestant(async () => {
    const pool = new pg.Pool({ connectionString: url, max: 5 });
    pool.on('error', () => undefined);
    await pool.query(
      'create table if not exists socket_io_attachments (id bigserial unique, created_at timestamptz default now(), payload bytea)',
    );
    return { options: { adapter: postgresAdapter(pool, { channelPrefix }) }, close: () => pool.end() };
  });
