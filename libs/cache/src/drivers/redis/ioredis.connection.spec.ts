import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { RedisBackend } from '@rookery/core/redis';
import { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import { overIoredis } from './ioredis.connection.js';

it('a reconnect while the Sentinels are asked does not end the connection for good', async () => {
  const asked: Socket[] = [];
  const silentSentinel = createServer((socket) => void asked.push(socket)).listen(0, '127.0.0.1');
  await once(silentSentinel, 'listening');
  const { port } = silentSentinel.address() as AddressInfo;
  const client = new Redis({ sentinels: [{ host: '127.0.0.1', port }], name: 'main', lazyConnect: true });
  const connection = overIoredis({ duplicate: () => client } as unknown as RedisBackend);
  connection.open().catch(() => undefined);
  await vi.waitFor(() => expect(asked).toHaveLength(1));

  await connection.reconnect();
  asked[0]!.destroy();
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(1), { timeout: 5_000 });
  expect(client.status).toBe('connecting');

  await connection.close();
  for (const socket of asked) socket.destroy();
  silentSentinel.close();
});
