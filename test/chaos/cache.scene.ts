import { randomUUID } from 'node:crypto';
import { startCache, type ClusterCache, type ClusterCacheModuleOptions } from '@rookery/cache';
import { redis } from '@rookery/core/redis';
import { vi } from 'vitest';

/** Replicas of one app on stores that the scenario breaks. */
export interface CacheScene {
  replica(options?: Partial<ClusterCacheModuleOptions>, url?: string): Promise<ClusterCache>;
  stop(): Promise<void>;
  readonly namespace: string;
}

export function cacheScene(url: () => string): CacheScene {
  const namespace = `chaos-${randomUUID()}`;
  const stops: (() => Promise<void>)[] = [];
  return {
    namespace,
    replica: async (options = {}, at = url()) => {
      const { cache, stop } = await startCache({ ...options, backend: redis({ url: at, namespace }) });
      stops.push(stop);
      return cache;
    },
    stop: async () => {
      await Promise.all(stops.splice(0).map((stop) => stop()));
    },
  };
}

/** Waits until it holds; answers how long that took. */
export async function recovered(check: () => Promise<void> | void): Promise<number> {
  const from = performance.now();
  await vi.waitFor(check, { timeout: 60_000, interval: 20 });
  return performance.now() - from;
}

/** The time that a call took, in milliseconds. */
export async function timed(call: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await call();
  return performance.now() - from;
}

/** Counts rejections that nobody handled, from now on. */
export function unhandledRejections(): { readonly count: number; stop(): void } {
  let count = 0;
  const listen = () => void count++;
  process.on('unhandledRejection', listen);
  return {
    get count() {
      return count;
    },
    stop: () => void process.off('unhandledRejection', listen),
  };
}
