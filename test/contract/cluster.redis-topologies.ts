import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { startRedis, type StoreHandle } from '@rookery/testing';
import { freePort } from '../../libs/testing/src/processes/free-port.js';
import { GuardedProcess } from '../../libs/testing/src/processes/guarded-process.js';
import { privateDirectory } from '../../libs/testing/src/processes/private-directory.js';
import { findProgram } from '../../libs/testing/src/stores/find-program.js';
import { startStore } from '../../libs/testing/src/stores/store.js';
import { vi } from 'vitest';

const LONG = { timeout: 60_000, interval: 200 };

/** A Redis Cluster of masters and as many replicas, on this machine. */
export interface RedisClusterHandle {
  nodes: { host: string; port: number }[];
  /** The servers of the nodes: first the masters, then their replicas in the same order. */
  servers: StoreHandle[];
  stop(): Promise<void>;
}

export async function startRedisCluster(masters: number): Promise<RedisClusterHandle> {
  const servers = await Promise.all(Array.from({ length: masters * 2 }, startNode));
  const clients = servers.map(({ url }) => new Redis(url));
  const ids = await Promise.all(clients.map((client) => client.cluster('MYID') as Promise<string>));
  const share = Math.ceil(16_384 / masters);
  for (let at = 0; at < masters; at++)
    await clients[at].call('CLUSTER', 'ADDSLOTSRANGE', at * share, Math.min(16_383, (at + 1) * share - 1));
  for (const [at, client] of clients.entries()) {
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', at + 1);
    if (at > 0) await clients[0].call('CLUSTER', 'MEET', '127.0.0.1', servers[at].port, await busPortOf(client));
  }
  const info = async (client: Redis) => String(await client.call('CLUSTER', 'INFO'));
  await vi.waitFor(async () => {
    for (const client of clients)
      if (!(await info(client)).includes(`cluster_known_nodes:${servers.length}`)) throw new Error('not met yet');
  }, LONG);
  for (let at = masters; at < servers.length; at++)
    await vi.waitFor(() => clients[at].call('CLUSTER', 'REPLICATE', ids[at - masters]), LONG);
  await vi.waitFor(async () => {
    for (const client of clients) if (!(await info(client)).includes('cluster_state:ok')) throw new Error('not ok yet');
  }, LONG);
  await vi.waitFor(async () => {
    for (const client of clients.slice(masters))
      if (!(await client.info('replication')).includes('master_link_status:up')) throw new Error('not in step yet');
  }, LONG);
  for (const client of clients) client.disconnect();
  return {
    nodes: servers.map(({ port }) => ({ host: '127.0.0.1', port })),
    servers,
    stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  };
}

async function busPortOf(client: Redis): Promise<string> {
  return ((await client.config('GET', 'cluster-port')) as string[])[1];
}

/** Its bus would listen 10,000 above its port, where somebody else may be. */
async function startNode(): Promise<StoreHandle> {
  const bus = String(await freePort());
  return startRedis({
    appendOnly: true,
    settings: {
      'cluster-enabled': 'yes',
      'cluster-port': bus,
      'cluster-node-timeout': '5000',
      'repl-diskless-sync-delay': '0',
    },
  });
}

/** A master with a replica, and three sentinels that watch over them. */
export interface SentinelHandle {
  name: string;
  sentinels: { host: string; port: number }[];
  master: StoreHandle;
  stop(): Promise<void>;
}

export async function startSentinels(): Promise<SentinelHandle> {
  const master = await startRedis();
  const replica = await startRedis({ settings: { replicaof: `127.0.0.1 ${master.port}` } });
  const watchers = await Promise.all([1, 2, 3].map(() => startSentinel(master.port)));
  const client = new Redis(watchers[0].url);
  await vi.waitFor(async () => {
    const state = (await client.call('SENTINEL', 'MASTER', 'main')) as string[];
    const fact = (name: string) => state[state.indexOf(name) + 1];
    if (fact('num-slaves') !== '1' || fact('num-other-sentinels') !== '2') throw new Error('not complete yet');
  }, LONG);
  client.disconnect();
  return {
    name: 'main',
    master,
    sentinels: watchers.map(({ port }) => ({ host: '127.0.0.1', port })),
    stop: async () => void (await Promise.all([...watchers, master, replica].map((one) => one.stop()))),
  };
}

async function startSentinel(masterPort: number): Promise<StoreHandle> {
  const directory = await privateDirectory('sentinel');
  const port = await freePort();
  const file = join(directory.path, 'sentinel.conf');
  const settings = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${directory.path}`,
    `sentinel monitor main 127.0.0.1 ${masterPort} 2`,
    'sentinel down-after-milliseconds main 1000',
    'sentinel failover-timeout main 5000',
  ];
  await writeFile(file, `${settings.join('\n')}\n`);
  return startStore({
    name: 'redis-sentinel',
    url: `redis://127.0.0.1:${port}`,
    port,
    directory,
    server: new GuardedProcess({
      command: findProgram('redis-server')!,
      args: [file, '--sentinel'],
      logFile: join(directory.path, 'log'),
    }),
    isReady: () => answers(port),
    shutdownSignal: 'SIGTERM',
    crashSignal: 'SIGKILL',
  });
}

async function answers(port: number): Promise<boolean> {
  const client = new Redis({ port, lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined);
  const pong = await client.ping().catch(() => undefined);
  client.disconnect();
  return pong === 'PONG';
}
