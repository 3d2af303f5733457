import type { PostgresHandle } from '../stores/postgres.js';
import type { StoreHandle } from '../stores/store.js';

/** Where the replicas keep what they share: the value of `ROOKERY_BACKEND`. */
export type BackendName = 'memory' | 'redis' | 'postgres';

/** What `startCluster` starts. */
export interface ClusterOptions {
  /** The JavaScript file that every replica runs, as `node <entry>`. */
  entry: string | URL;
  /** How many replicas. @default 3 */
  replicas?: number;
  /** @default 'postgres' */
  backend?: BackendName;
  /** What each replica does (`ROOKERY_ROLES`); the load balancer uses those with `web`. @default all roles everywhere */
  roles?: string[] | ((index: number) => string[] | undefined);
  /** Further environment variables. Those of this process are not passed on, but for PATH, HOME and the like. */
  env?: Record<string, string> | ((index: number) => Record<string, string>);
  /** Further arguments for `node` itself. @default none */
  nodeArgs?: string[] | ((index: number) => string[]);
  /** How far each replica's wall clock is off, by index. @default none is */
  clockSkewMs?: Record<number, number>;
  /** The port of the load balancer. @default a free one */
  port?: number;
  /** The path that answers 200 when a replica takes requests. @default '/health/ready' */
  readyPath?: string;
  /** How long a replica may take to get ready. @default 60_000 */
  readyTimeoutMs?: number;
  /** How long a replica may take to end after SIGTERM. @default 35_000 */
  stopGraceMs?: number;
  /** How long a replica may be silent before the load balancer gives a request up. @default 30_000 */
  responseTimeoutMs?: number;
  /** Whether the load balancer keeps a client on one replica, by a cookie. Not with compose. @default false */
  sticky?: boolean;
  /** The private servers to start. @default PostgreSQL for `postgres`, both for `redis`, none for `memory` */
  stores?: readonly ('redis' | 'postgres')[];
  /** A Redis that runs already: a handle, or its URL. It is not stopped with the cluster. */
  redis?: StoreHandle | string;
  /** A PostgreSQL that runs already: a handle, or its URL. It is not stopped with the cluster. */
  postgres?: PostgresHandle | string;
  /** Put a {@link Link} between each replica and each private store. @default false */
  links?: boolean;
}
