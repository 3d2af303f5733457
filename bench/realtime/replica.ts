// One replica of the crowd: bare socket.io or ours, as a process of its own. It answers its parent by messages.
import 'reflect-metadata';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { redis } from '@rookery/core/redis';
import { RealtimeModule, RealtimeService } from '@rookery/realtime';
import { Server } from 'socket.io';

const { KIND, REDIS, NAMESPACE } = process.env as Record<string, string>;
const http = createServer();

async function bare(): Promise<Server> {
  return new Server(http, { transports: ['websocket'] });
}

async function ours(): Promise<Server> {
  class BenchModule {}
  const userOf = (socket: { handshake: { auth: { user?: string } } }) => socket.handshake.auth.user ?? null;
  const backend = redis({ url: REDIS!, namespace: NAMESPACE! });
  Module({ imports: [RealtimeModule.forRoot({ backend, userOf })] })(BenchModule);
  const app = await NestFactory.createApplicationContext(BenchModule, { logger: false });
  const realtime = app.get(RealtimeService);
  const server = new Server(http, { transports: ['websocket'], adapter: realtime.servers.adapter });
  realtime.attach(server);
  return server;
}

const server = await (KIND === 'bare' ? bare() : ours());
server.on('connection', (socket) => void socket.join('crowd'));
http.listen(0, '127.0.0.1');
await once(http, 'listening');

process.on('message', () => {
  globalThis.gc?.();
  process.send!({ bytes: process.memoryUsage().rss, sockets: server.engine.clientsCount });
});
process.on('disconnect', () => process.exit());
process.send!({ port: (http.address() as AddressInfo).port });
