import { Cluster, Redis, type ClusterNode, type ClusterOptions, type RedisOptions } from 'ioredis';
import type { Backend } from '../../backend.js';
import { ConnectionCount } from '../../connection-count.js';
import { withDeadline, type CallOptions } from '../../deadline.js';
import { checkNamespace } from '../../key.js';
import { BackendUnavailableError, ClosedError, InvalidInputError } from '../../rookery.error.js';
import { watchLink } from './link-watch.js';
import { RedisBus } from './redis.bus.js';

/** One Redis server (or Sentinel), or a Redis Cluster. */
export type RedisClient = Redis | Cluster;

/** Options of `redis()`. Give one of `url`, `options`, `cluster` or `client`. */
export interface RedisBackendOptions {
  /** @example 'rediss://user:secret@redis.internal:6380/0' */
  url?: string;
  /** Passed through to ioredis: Sentinel, TLS, retry strategy … May stand beside `url`. */
  options?: RedisOptions;
  /** A Redis Cluster. */
  cluster?: { nodes: ClusterNode[]; options?: ClusterOptions };
  /** A client of your own. It is used, and never closed; nor is it replaced when it dies without a word. */
  client?: RedisClient;
  /** First part of every key. @default 'rookery' */
  namespace?: string;
  /** Milliseconds that the first connection may take. @default 5000 */
  connectTimeoutMs?: number;
}

/** The backend for a cluster with a Redis. */
export interface RedisBackend extends Backend {
  readonly kind: 'redis';
  readonly bus: RedisBus;
  /** The shared connection. @throws ClosedError before `open` and after the last `close` */
  readonly client: RedisClient;
  /**
   * A further connection with the same settings, which fails fast unless told otherwise, connects when told to, and reads
   * from masters. Whoever asks for it closes it. Not for commands that block.
   */
  duplicate(overrides?: RedisOptions): RedisClient;
}

/**
 * Commands fail at once while the connection is down, instead of waiting in a queue and running long after their
 * caller gave up; and none is sent a second time, since nobody knows whether the first one ran.
 */
const FAIL_FAST: RedisOptions & ClusterOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  // With 1, what was under way when the connection broke would never be answered if the next connection succeeds.
  maxRetriesPerRequest: 0,
  // A connection that is dead says no farewell; ioredis would wait for one for 2 s before it makes the next.
  disconnectTimeout: 500,
};
const retryStrategy = (attempt: number) => Math.min(attempt * 50, 500);

/**
 * The Redis backend, on ioredis.
 *
 * @throws InvalidInputError when the options name no server
 * @example ClusterModule.forRoot({ backend: redis({ url: 'redis://localhost:6379', namespace: 'shop' }) })
 */
export function redis(options: RedisBackendOptions): RedisBackend {
  return new IoredisBackend(options);
}

class IoredisBackend implements RedisBackend {
  readonly kind = 'redis';
  readonly namespace: string;
  readonly address: string;
  readonly bus: RedisBus;
  private current: RedisClient | undefined;
  private readonly users = new ConnectionCount(
    () => this.connect(),
    () => this.disconnect(),
  );

  constructor(private readonly given: RedisBackendOptions) {
    this.namespace = checkNamespace(given.namespace ?? 'rookery');
    this.address = addressOf(given);
    this.bus = new RedisBus(this);
  }

  get client(): RedisClient {
    if (!this.current) throw new ClosedError(`The Redis backend (${this.address})`);
    return this.current;
  }

  duplicate(overrides: RedisOptions = {}): RedisClient {
    const { client } = this;
    const settings = { ...FAIL_FAST, ...overrides };
    const copy = client instanceof Cluster ? duplicateCluster(client, settings) : client.duplicate(settings);
    watchLink(copy);
    // Without a listener, a lost connection would end the process.
    return copy.on('error', () => undefined);
  }

  open = () => this.users.open();
  close = () => this.users.close();

  async now(options?: CallOptions): Promise<number> {
    const [seconds, microseconds] = await withDeadline('Redis TIME', this.client.time(), options);
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  }

  private async connect(): Promise<void> {
    const { client: own, connectTimeoutMs = 5_000 } = this.given;
    const client = own ?? newClient(this.given);
    if (!own) watchLink(client);
    let lastError: unknown;
    client.on('error', (error) => (lastError = error));
    try {
      if (client.status === 'wait')
        await withDeadline('Connecting to Redis', client.connect(), { deadlineMs: connectTimeoutMs });
      this.current = client;
      await this.now({ deadlineMs: connectTimeoutMs });
    } catch (error) {
      this.current = undefined;
      if (!own) client.disconnect();
      throw new BackendUnavailableError(this.address, lastError ?? error);
    }
  }

  private async disconnect(): Promise<void> {
    await this.bus.close();
    const client = this.current;
    this.current = undefined;
    if (client && !this.given.client) client.disconnect();
  }
}

/** Of the settings, a Cluster takes some for itself and hands the others to its connections, beside those of the original. */
function duplicateCluster(client: Cluster, { lazyConnect, enableOfflineQueue, ...settings }: RedisOptions): Cluster {
  const redisOptions = { ...client.options.redisOptions, ...settings };
  // A replica may not have yet what a script has just written.
  return client.duplicate([], { lazyConnect, enableOfflineQueue, scaleReads: 'master', redisOptions });
}

function newClient({ url, options, cluster }: RedisBackendOptions): RedisClient {
  if (cluster)
    return new Cluster(cluster.nodes, { ...FAIL_FAST, clusterRetryStrategy: retryStrategy, ...cluster.options });
  const settings = { ...FAIL_FAST, retryStrategy, ...options };
  return url ? new Redis(url, settings) : new Redis(settings);
}

function addressOf({ url, options, cluster, client }: RedisBackendOptions): string {
  if (client) return client instanceof Cluster ? 'your Redis Cluster client' : addressOf({ options: client.options });
  if (cluster) return `Redis Cluster ${cluster.nodes.map(nodeAddress).join(', ')}`;
  if (url) return maskedUrl(url);
  if (options?.sentinels) return `Redis Sentinel "${options.name}" at ${options.sentinels.map(nodeAddress).join(', ')}`;
  if (options) return options.path ?? `redis://${nodeAddress(options)}`;
  throw new InvalidInputError(
    'redis()',
    undefined,
    'given a url, options, cluster nodes or a client, e.g. redis({ url: "redis://localhost:6379" })',
  );
}

function maskedUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^rediss?:$/.test(parsed.protocol)) {
    throw new InvalidInputError(
      'The Redis url',
      parsed ? `${parsed.protocol}//…` : 'not a url',
      'like redis://host:6379 or rediss://user:password@host:6380',
    );
  }
  if (parsed.password) parsed.password = '***';
  return parsed.toString();
}

function nodeAddress(node: ClusterNode | { host?: string; port?: number }): string {
  if (typeof node !== 'object') return String(node).replace(/:\/\/[^@]*@/, '://***@');
  return `${node.host ?? 'localhost'}:${node.port ?? 6379}`;
}
