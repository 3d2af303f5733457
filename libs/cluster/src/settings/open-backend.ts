import { memory, type Backend } from '@rookery/core';
import type { ClusterSettings } from './cluster.settings.js';
import type { StoreEnvironment } from './environment.js';

/**
 * The backend of the whole app, connected: a store that cannot be reached stops the boot here, with one message, and
 * not once in every module.
 */
export async function openBackend({ store }: ClusterSettings): Promise<Backend> {
  const backend = 'open' in store ? store : await backendFrom(store);
  await backend.open();
  return backend;
}

async function backendFrom({ kind, url, nodes, namespace }: StoreEnvironment): Promise<Backend> {
  if (kind === 'memory') return memory({ namespace });
  if (kind === 'redis') {
    const { redis } = await import('@rookery/core/redis');
    return redis(nodes ? { cluster: clusterOf(nodes), namespace } : { url, namespace });
  }
  return (await import('@rookery/core/postgres')).postgres({ url, namespace });
}

/** The nodes tell of each other without passwords: what the first URL says is meant for all. */
function clusterOf(nodes: string[]) {
  const { username, password, protocol } = new URL(nodes[0]!);
  const redisOptions = {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
  return { nodes, options: { redisOptions } };
}
