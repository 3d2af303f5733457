import type { Backend } from '@rookery/core';
import { readCacheUrl, readEnvironment } from './environment.js';

/** The Redis of REDIS_CACHE_URL, for a cache that may evict what the main one must keep. @throws BootError */
export async function secondRedis(env: NodeJS.ProcessEnv): Promise<Backend | undefined> {
  const url = readCacheUrl(env);
  if (!url) return undefined;
  const { namespace } = readEnvironment(env);
  return (await import('@rookery/core/redis')).redis({ url, namespace });
}
