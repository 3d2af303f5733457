import type { RedisClient } from '@rookery/core/redis';
import { redisInsStore } from 'cache-manager-redis-yet';
import type { Cluster, Redis, RedisOptions } from 'ioredis';
import type { StoreConnection } from './store-connection.js';

/** Commands fail at once while the connection is down, and none is sent a second time. */
const FAIL_FAST: RedisOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
};

/**
 * A Redis Cluster, or the server that Sentinels name. ioredis follows their failovers, so it stands in for node-redis
 * under cache-manager-redis-yet: node-redis 4 knows no Sentinels, sends the scripts of a Cluster to nodes at random, and
 * does not look for the heir of a node that has died.
 */
export function overIoredis(backend: RedisClient): StoreConnection {
  const client = 'nodes' in backend ? clusterLike(backend) : backend.duplicate(FAIL_FAST);
  // Without a listener, a lost connection would end the process.
  let lastError: unknown;
  client.on('error', (error) => (lastError = error));
  const inClothesOfNodeRedis = {
    get: (key: string) => client.get(key),
    set: (key: string, value: string, { PX }: { PX: number }) => client.set(key, value, 'PX', PX),
  };
  return {
    client: {
      evalSha: (hash, { keys, arguments: args }) => client.evalsha(hash, keys.length, ...keys, ...args),
      eval: (lua, { keys, arguments: args }) => client.eval(lua, keys.length, ...keys, ...args),
      pExpire: async (key, ttlMs) => (await client.pexpire(key, ttlMs)) === 1,
    },
    store: redisInsStore(inClothesOfNodeRedis as unknown as Parameters<typeof redisInsStore>[0]),
    open: () => client.connect(),
    lastError: () => lastError,
    reconnect: async () => client.disconnect(true),
    close: async () => client.disconnect(),
  };
}

/** Reads from masters: a replica may not have yet what a script has just written. */
function clusterLike(backend: Cluster): Cluster | Redis {
  const { lazyConnect, enableOfflineQueue, ...redisOptions } = FAIL_FAST;
  return backend.duplicate([], {
    scaleReads: 'master',
    lazyConnect,
    enableOfflineQueue,
    redisOptions: { ...backend.options.redisOptions, ...redisOptions },
  });
}
