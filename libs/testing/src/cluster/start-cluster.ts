import { LoadBalancer } from '../balancer/load-balancer.js';
import { startProxy, type Link } from '../links/link.js';
import { freePort } from '../processes/free-port.js';
import { privateDirectory } from '../processes/private-directory.js';
import { startComposeCluster } from '../compose/start-compose-cluster.js';
import { startStores, type ClusterStores } from './cluster-stores.js';
import type { Cluster } from './cluster.js';
import type { ClusterOptions } from './cluster.options.js';
import { LocalCluster } from './local-cluster.js';
import { Replica } from './replica.js';

/**
 * Starts N processes of an app behind a load balancer, with private stores. Everything is ended and removed by `stop()`,
 * or when this process ends in whatever way.
 *
 * @throws TestingError when a store or a replica does not start; nothing is left running then.
 * @example
 * const cluster = await startCluster({ entry: 'dist/main.js', replicas: 3, backend: 'redis' });
 * await fetch(`${cluster.url}/subscriptions`);
 * await cluster.kill(1);
 * await cluster.stop();
 */
export function startCluster(options: ClusterOptions): Promise<Cluster> {
  return process.env.ROOKERY_CLUSTER === 'compose' ? startComposeCluster(options) : startLocalCluster(options);
}

async function startLocalCluster(options: ClusterOptions): Promise<Cluster> {
  const cleanups: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  try {
    const directory = await privateDirectory('cluster');
    cleanups.push(directory.remove);
    const stores = await startStores(options);
    cleanups.push(stores.stop);

    const replicas = await Promise.all(
      Array.from({ length: options.replicas ?? 3 }, async (_, index) => {
        const links = options.links ? await startLinks(stores) : {};
        cleanups.push(() => Promise.all(Object.values(links).map((link: Link) => link.stop())));
        return new Replica(index, await freePort(), links, directory.path, urls(stores, links), options);
      }),
    );
    cleanups.push(() => Promise.all(replicas.map((replica) => replica.process.stop('SIGKILL', 0))));
    await Promise.all(replicas.map((replica) => replica.start()));

    const balancer = new LoadBalancer(
      replicas.filter((replica) => replica.servesWeb),
      {
        readyPath: options.readyPath ?? '/health/ready',
        checkEveryMs: 250,
        checkTimeoutMs: 2_000,
        connectTimeoutMs: 1_000,
        responseTimeoutMs: options.responseTimeoutMs ?? 30_000,
        sticky: options.sticky,
      },
    );
    await balancer.listen(options.port ?? 0);
    cleanups.push(() => balancer.close());
    return new LocalCluster(options, replicas, stores, balancer, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startLinks({ redis, postgres }: ClusterStores): Promise<{ redis?: Link; postgres?: Link }> {
  return {
    ...(redis && { redis: await startProxy(redis.port) }),
    ...(postgres && { postgres: await startProxy(postgres.port) }),
  };
}

function urls({ redisUrl, postgresUrl }: ClusterStores, links: { redis?: Link; postgres?: Link }) {
  return {
    ...(redisUrl && { REDIS_URL: links.redis?.throughUrl(redisUrl) ?? redisUrl }),
    ...(postgresUrl && { DATABASE_URL: links.postgres?.throughUrl(postgresUrl) ?? postgresUrl }),
  };
}
