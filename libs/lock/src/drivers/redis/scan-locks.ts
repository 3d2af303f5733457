import { resourceKey } from '@rookery/core';
import type { RedisClient } from '@rookery/core/redis';
import type { Cluster, Redis } from 'ioredis';

/** The lock keys that exist and begin with `prefix`. Walks over the server's keys with SCAN: for operators. */
export async function scanLocks(client: RedisClient, namespace: string, prefix: string): Promise<string[]> {
  const before = resourceKey(namespace, 'lock', '').slice(0, -1);
  const pattern = `${escapeGlob(resourceKey(namespace, 'lock', prefix).slice(0, -1))}*}`;
  const servers = client.isCluster ? (client as Cluster).nodes('master') : [client as Redis];
  const found = await Promise.all(servers.map((server) => scan(server, pattern)));
  return [...new Set(found.flat())].map((key) => unescapeTag(key.slice(before.length, -1)));
}

async function scan(server: Redis, pattern: string): Promise<string[]> {
  const found: string[] = [];
  let cursor = '0';
  do {
    const [next, keys] = await server.scan(cursor, 'MATCH', pattern, 'COUNT', 1_000);
    cursor = next;
    found.push(...keys);
  } while (cursor !== '0');
  return found;
}

const escapeGlob = (text: string) => text.replace(/[\\*?[\]^]/g, '\\$&');

/** What `resourceKey` escaped. */
const unescapeTag = (text: string) => text.replace(/%(?:25|7B|7D)/g, decodeURIComponent);
