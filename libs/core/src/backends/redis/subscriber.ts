import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { watchLink } from './link-watch.js';
import type { RedisBackend } from './redis.backend.js';

/** What is subscribed to stays so, over every break of the connection. */
const LASTING: RedisOptions = {
  enableOfflineQueue: true,
  maxRetriesPerRequest: null,
  autoResendUnfulfilledCommands: true,
  autoResubscribe: true,
};
const RECONNECT_AFTER_MS = 100;

/**
 * The connection that hears what is published. In a Redis Cluster every node hears everything, and ioredis subscribes at
 * one of them; but when that one dies it moves to another without an event, and nobody would know that messages are
 * missing. So this is a connection to a node like any other, which tries another node each time it has to reconnect.
 */
export function subscriberOf(backend: RedisBackend): Redis {
  const { client } = backend;
  if (!(client instanceof Cluster)) return backend.duplicate(LASTING) as Redis;
  const retryStrategy = () => {
    const address = anyNodeOf(client);
    if (address) Object.assign(subscriber.options, address);
    return RECONNECT_AFTER_MS;
  };
  const subscriber = new Redis({
    ...client.options.redisOptions,
    ...LASTING,
    ...anyNodeOf(client),
    lazyConnect: true,
    retryStrategy,
  });
  watchLink(subscriber);
  return subscriber.on('error', () => undefined);
}

/** Where it is and who is let in, as the Cluster has found out. */
function anyNodeOf(cluster: Cluster): RedisOptions | undefined {
  const nodes = cluster.nodes('all');
  const node = nodes[Math.floor(Math.random() * nodes.length)];
  if (!node) return undefined;
  const { host, port, username, password, tls } = node.options;
  return { host, port, username, password, tls };
}
