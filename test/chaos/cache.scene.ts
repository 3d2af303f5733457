import { randomUUID } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
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

/** A way to a server on which connections can die without a word, as when a machine or a firewall loses its state. */
export async function silentProxy(targetPort: number) {
  const pairs = new Set<[Socket, Socket]>();
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    pairs.add([client, upstream]);
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    /** From now on nothing comes through the connections there are; new ones are as good as ever. */
    swallow: () => {
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream).resume();
        upstream.unpipe(client).resume();
      }
    },
    stop: () => {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
