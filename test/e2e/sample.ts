import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { startRedisCluster } from '../contract/cluster.redis-topologies.js';
import { startCluster, type BackendName, type Cluster, type ClusterOptions } from '@rookery/testing';

const ROOT = new URL('../../', import.meta.url);
const ENTRY = new URL('apps/sample/dist/main.js', ROOT);

/** The sample's backends. */
export const BACKENDS: BackendName[] = ['postgres', 'redis'];

/** What the suite is run on: these, and a Redis Cluster of three masters and three replicas. */
export type Ground = BackendName | 'redis-cluster';
export const GROUNDS: Ground[] = process.env.ROOKERY_CLUSTER === 'compose' ? BACKENDS : [...BACKENDS, 'redis-cluster'];
export interface Subscription {
  id: string;
  email: string;
  renewals: number;
  expiresAt: string;
}

/** The subscriptions app behind its load balancer, spoken to as a browser or a script would. */
export class Sample {
  constructor(readonly cluster: Cluster) {}

  async get<T>(path: string): Promise<T> {
    return this.send<T>('GET', path);
  }

  async post<T>(path: string, body?: object | string): Promise<T> {
    return this.send<T>('POST', path, body);
  }

  /** The bare answer, for specs about status codes and headers. */
  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(new URL(path, this.cluster.url), init);
  }

  /** A new subscription, with an address that no other has: a test that is tried again starts anew. */
  subscribe(wanted: { customer?: string; plan?: string } = {}): Promise<Subscription> {
    const email = `${randomUUID()}@example.org`;
    return this.post<Subscription>('/subscriptions', { customer: 'Ada', plan: 'pro', daysLeft: 3, ...wanted, email });
  }

  /** Imports the 1,000 subscriptions that ship with the app. */
  async importSubscriptions() {
    const csv = await readFile(new URL('apps/sample/data/subscriptions.csv', ROOT), 'utf8');
    return this.post<{ imported: number; known: number; errors: unknown[] }>('/subscriptions/import', csv);
  }

  /** What the replicas said last, when one of them failed. */
  private logs(response: Response): string {
    if (response.status < 500) return '';
    return this.cluster.replicas.map(({ id }, index) => `\n${id}: ${this.cluster.logs(index).slice(-1_500)}`).join('');
  }

  private async send<T>(method: string, path: string, body?: object | string): Promise<T> {
    const type = typeof body === 'string' ? 'text/csv' : 'application/json';
    const text = typeof body === 'object' ? JSON.stringify(body) : body;
    const response = await this.fetch(path, {
      method,
      body: text,
      headers: body === undefined ? {} : { 'Content-Type': type },
    });
    if (!response.ok)
      throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}${this.logs(response)}`);
    return (await response.json()) as T;
  }
}

/** Starts three replicas of the built app. */
export async function startSample(ground: Ground, options: Partial<ClusterOptions> = {}): Promise<Sample> {
  if (ground === 'redis-cluster') return startOnRedisCluster(options);
  const backend = ground;
  const env = { NODE_ENV: 'test', REMINDER_CRON: '0 0 1 1 *' };
  const own = typeof options.env === 'object' ? options.env : {};
  const cluster = await startCluster({
    entry: ENTRY,
    replicas: 3,
    backend,
    stores: backend === 'redis' ? ['redis', 'postgres'] : ['postgres'],
    ...options,
    env: { ...env, ...own },
  });
  return new Sample(cluster);
}

async function startOnRedisCluster(options: Partial<ClusterOptions>): Promise<Sample> {
  const redis = await startRedisCluster(3);
  const nodes = redis.nodes.map(({ host, port }) => `redis://${host}:${port}`).join(',');
  const own = typeof options.env === 'object' ? options.env : {};
  const env = { ...own, REDIS_NODES: nodes };
  const sample = await startSample('redis', { ...options, stores: ['postgres'], env }).catch(async (error: unknown) => {
    await redis.stop();
    throw error;
  });
  const { stop } = sample.cluster;
  // With the replicas goes what they stood on.
  Object.assign(sample.cluster, { stop: () => stop().finally(() => redis.stop()) });
  return sample;
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
