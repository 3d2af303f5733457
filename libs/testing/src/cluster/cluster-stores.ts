import type { PostgresHandle } from '../stores/postgres.js';
import { startPostgres } from '../stores/postgres.js';
import { startRedis } from '../stores/redis.js';
import type { StoreHandle } from '../stores/store.js';
import type { BackendName, ClusterOptions } from './cluster.options.js';

/** The stores of a cluster, and which of them are its own. */
export interface ClusterStores {
  redis: StoreHandle | undefined;
  postgres: PostgresHandle | undefined;
  redisUrl: string | undefined;
  postgresUrl: string | undefined;
  /** Ends those that were started here. */
  stop(): Promise<void>;
}

const NEEDED = { memory: [], redis: ['redis', 'postgres'], postgres: ['postgres'] } as const satisfies Record<
  BackendName,
  readonly string[]
>;

/** Starts the stores that the options ask for and do not bring along. */
export async function startStores(options: ClusterOptions): Promise<ClusterStores> {
  const wanted: readonly string[] = options.stores ?? NEEDED[options.backend ?? 'postgres'];
  const started: StoreHandle[] = [];
  const own = async <T extends StoreHandle>(name: string, given: unknown, start: () => Promise<T>) => {
    if (given !== undefined || !wanted.includes(name)) return undefined;
    const store = await start();
    started.push(store);
    return store;
  };
  const stop = async () => void (await Promise.all(started.map((store) => store.stop())));

  // Both to their end before one's failure is thrown: what was started has to be stopped.
  const [redis, postgres] = await Promise.allSettled([
    own('redis', options.redis, () => startRedis({ appendOnly: true })),
    own('postgres', options.postgres, () => startPostgres()),
  ]);
  if (redis.status === 'rejected' || postgres.status === 'rejected') {
    await stop();
    throw redis.status === 'rejected' ? redis.reason : (postgres as PromiseRejectedResult).reason;
  }
  return {
    redis: redis.value ?? handle(options.redis),
    postgres: postgres.value ?? handle(options.postgres),
    redisUrl: redis.value?.url ?? url(options.redis),
    postgresUrl: postgres.value?.url ?? url(options.postgres),
    stop,
  };
}

function handle<T extends StoreHandle>(given: T | string | undefined): T | undefined {
  return typeof given === 'string' ? undefined : given;
}

function url(given: StoreHandle | string | undefined): string | undefined {
  return typeof given === 'string' ? given : given?.url;
}
