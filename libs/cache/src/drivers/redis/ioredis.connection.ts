import type { RedisBackend } from '@rookery/core/redis';
import { redisInsStore } from 'cache-manager-redis-yet';
import type { StoreConnection } from './store-connection.js';

/**
 * A Redis Cluster, or the server that Sentinels name. ioredis follows their failovers, so it stands in for node-redis
 * under cache-manager-redis-yet: node-redis 4 knows no Sentinels, sends the scripts of a Cluster to nodes at random, and
 * does not look for the heir of a node that has died.
 */
export function overIoredis(backend: RedisBackend): StoreConnection {
  const client = backend.duplicate();
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
    // Only a link that stands: one that asks the Sentinels for a server at the time would end for good.
    reconnect: async () => {
      if (client.status === 'ready' || client.status === 'connect') client.disconnect(true);
    },
    close: async () => client.disconnect(),
  };
}
