import { BackendUnavailableError, withDeadline } from '@rookery/core';
import type { RedisBackend } from '@rookery/core/redis';
import { overIoredis } from './ioredis.connection.js';
import { overNodeRedis } from './node-redis.connection.js';
import { CONNECT_TIMEOUT_MS, type StoreConnection } from './store-connection.js';

/** @throws BackendUnavailableError when the store cannot be reached */
export async function connect(backend: RedisBackend, l2Url?: string): Promise<StoreConnection> {
  const connection = connectionFor(backend, l2Url);
  try {
    await withDeadline('Connecting to Redis', connection.open(), { deadlineMs: CONNECT_TIMEOUT_MS });
  } catch (error) {
    await connection.close();
    throw new BackendUnavailableError(
      l2Url ? 'the l2Url of the cache' : backend.address,
      connection.lastError() ?? error,
    );
  }
  return connection;
}

function connectionFor(backend: RedisBackend, l2Url?: string): StoreConnection {
  if (l2Url) return overNodeRedis({ url: l2Url });
  const { client } = backend;
  return 'nodes' in client || client.options.sentinels ? overIoredis(backend) : overNodeRedis(client.options);
}
