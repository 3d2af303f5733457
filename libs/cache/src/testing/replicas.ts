import { afterEach, beforeEach, vi } from 'vitest';
import type { ClusterCacheModuleOptions } from '../cache.options.js';
import type { ClusterCache } from '../cache.service.js';
import type { StartedCache } from '../start-cache.js';

type Options = Partial<ClusterCacheModuleOptions>;

/** Starts one more replica on the same store. */
export type CacheReplica = (options?: Options) => Promise<StartedCache>;

/** Two replicas, anew for each test. */
export interface Replicas {
  a: ClusterCache;
  b: ClusterCache;
  replica(options?: Options): Promise<ClusterCache>;
}

/** A busy machine must not look like a store that is away. */
const PATIENCE_MS = 20_000;

/** Registers the hooks that start and stop the replicas of a test. */
export function replicasOf(create: () => Promise<CacheReplica>): Replicas {
  const stops: (() => Promise<void>)[] = [];
  const on = {} as Replicas;
  beforeEach(async () => {
    const start = await create();
    on.replica = async (options) => {
      const { cache, stop } = await start({ deadlineMs: PATIENCE_MS, ...options });
      stops.push(stop);
      return cache;
    };
    on.a = await on.replica();
    on.b = await on.replica();
  });
  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()));
  });
  return on;
}

/** Waits until a message must have arrived. */
export const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 10 });

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A factory that runs until it is let go. */
export function gate<T>(value: T) {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let begun: () => void = () => undefined;
  const running = new Promise<void>((resolve) => (begun = resolve));
  const factory = vi.fn(async () => {
    begun();
    await opened;
    return value;
  });
  return { factory, open, running };
}
