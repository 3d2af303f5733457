import { createClient, type RedisClientOptions } from '@redis/client';
import { redisInsStore } from 'cache-manager-redis-yet';
import type { RedisOptions } from 'ioredis';
import { CONNECT_TIMEOUT_MS, type StoreConnection } from './store-connection.js';

const socketDefaults = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  reconnectStrategy: (retries: number) => Math.min(50 + retries * 50, 500),
};

/**
 * One Redis server, over the client that cache-manager-redis-yet is made for. (Its own `redisStore()` sets no error
 * listener in time, without which a lost connection ends the process.)
 */
export function overNodeRedis(server: { url: string } | RedisOptions): StoreConnection {
  const settings = 'url' in server ? { url: server.url, socket: socketDefaults } : settingsOf(server as RedisOptions);
  let lastError: unknown;
  const newLink = () => linkOver(settings, (error) => (lastError = error));
  let link = newLink();
  let isClosed = false;
  const drop = () => link.client.disconnect().catch(() => undefined);
  return {
    get client() {
      return link.client;
    },
    get store() {
      return link.store;
    },
    open: () => link.client.connect(),
    lastError: () => lastError,
    // Not the same client: one that is just connecting would come out with two sockets, and mix up their answers.
    reconnect: async () => {
      await drop();
      if (isClosed) return;
      link = newLink();
      await link.client.connect();
    },
    close: () => {
      isClosed = true;
      return drop();
    },
  };
}

function linkOver(settings: RedisClientOptions, onError: (error: unknown) => void) {
  // Else commands queue up while the connection is down, and run long after their callers gave up.
  const client = createClient({ disableOfflineQueue: true, ...settings });
  client.on('error', onError);
  // The package types its parameter with the modules of the `redis` package, none of which it uses.
  return { client, store: redisInsStore(client as unknown as Parameters<typeof redisInsStore>[0]) };
}

/** The settings of an ioredis connection, as node-redis wants them. */
function settingsOf({ host, port, path, username, password, db, tls }: RedisOptions): RedisClientOptions {
  const address = path ? { path } : { host, port };
  return {
    username: username ?? undefined,
    password: password ?? undefined,
    database: db,
    socket: tls ? { ...socketDefaults, ...tls, ...address, tls: true } : { ...socketDefaults, ...address },
  };
}
