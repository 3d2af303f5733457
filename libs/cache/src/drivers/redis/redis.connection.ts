import { createClient, createCluster, type RedisClientOptions } from '@redis/client';
import { BackendUnavailableError, InvalidInputError, withDeadline } from '@rookery/core';
import type { RedisBackend } from '@rookery/core/redis';
import { redisClusterInsStore, redisInsStore, type RedisStore } from 'cache-manager-redis-yet';
import type { Cluster, Redis, RedisOptions } from 'ioredis';

const CONNECT_TIMEOUT_MS = 5_000;

/** What the driver asks of the client beside what cache-manager-redis-yet does. */
export interface RawClient {
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  evalSha(hash: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  pExpire(key: string, ttlMs: number): Promise<boolean>;
}

/** A connection of the kind that cache-manager-redis-yet works on, and its store over it. */
export interface StoreConnection {
  client: RawClient;
  store: Pick<RedisStore, 'get' | 'set'>;
}

/**
 * Without these, commands queue up while the connection is down and run long after their callers gave up. (The
 * package's own `redisStore()` can neither set the error listener in time, without which a lost connection ends the
 * process, nor give up connecting.)
 */
const FAIL_FAST = { disableOfflineQueue: true } as const;
const socketDefaults = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  reconnectStrategy: (retries: number) => Math.min(50 + retries * 50, 500),
};

/** @throws BackendUnavailableError when the store cannot be reached */
export async function connect(backend: RedisBackend, l2Url?: string): Promise<StoreConnection> {
  const { client, store } = open(backend, l2Url);
  let lastError: unknown;
  client.on('error', (error) => (lastError = error));
  try {
    await withDeadline('Connecting to Redis', client.connect(), { deadlineMs: CONNECT_TIMEOUT_MS });
  } catch (error) {
    await client.disconnect().catch(() => undefined);
    throw new BackendUnavailableError(l2Url ? 'the l2Url of the cache' : backend.address, lastError ?? error);
  }
  return { client, store };
}

function open(backend: RedisBackend, l2Url?: string): StoreConnection {
  if (l2Url) return single({ url: l2Url, socket: socketDefaults });
  return 'nodes' in backend.client ? cluster(backend.client) : single(settingsOf(backend.client.options));
}

function single(settings: RedisClientOptions): StoreConnection {
  const client = createClient({ ...FAIL_FAST, ...settings });
  // The package types its parameter with the modules of the `redis` package, none of which it uses.
  return { client, store: redisInsStore(client as unknown as Parameters<typeof redisInsStore>[0]) };
}

function cluster(backend: Cluster): StoreConnection {
  const nodes = backend.nodes('all').map(({ options }) => settingsOf(options));
  const client = createCluster({ rootNodes: nodes, defaults: { ...FAIL_FAST, ...nodes[0], socket: socketDefaults } });
  const options = { rootNodes: [] };
  return {
    client,
    store: redisClusterInsStore(client as unknown as Parameters<typeof redisClusterInsStore>[0], options) as never,
  };
}

/** The settings of an ioredis connection, as node-redis wants them. */
function settingsOf(options: Redis['options']): RedisClientOptions {
  refuseSentinel(options);
  const { host, port, path, username, password, db, tls } = options;
  const address = path ? { path } : { host, port };
  return {
    username: username ?? undefined,
    password: password ?? undefined,
    database: db,
    socket: tls ? { ...socketDefaults, ...tls, ...address, tls: true } : { ...socketDefaults, ...address },
  };
}

function refuseSentinel({ sentinels, name }: RedisOptions): void {
  if (!sentinels) return;
  throw new InvalidInputError(
    'The backend of the cache',
    `the Sentinel group "${name}"`,
    'a single Redis or a Redis Cluster, since the client of cache-manager-redis-yet cannot follow Sentinels; set l2Url of the cache to a Redis it can reach',
  );
}
