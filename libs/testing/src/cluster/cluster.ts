import type { Link } from '../links/link.js';
import type { Ending } from '../processes/guarded-process.js';
import type { PostgresHandle } from '../stores/postgres.js';
import type { StoreHandle } from '../stores/store.js';
import type { BackendName } from './cluster.options.js';

/** One process of the app. */
export interface ReplicaHandle {
  /** Its `ROOKERY_REPLICA_ID`. */
  readonly id: string;
  /** Where it answers itself, past the load balancer. */
  readonly url: string;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  /** The network between it and the stores, when the cluster was started with `links: true`. */
  readonly links: { redis?: Link; postgres?: Link };
}

/** N replicas of an app behind a load balancer, and the ways to break them. Replicas are counted from 0. */
export interface Cluster {
  /** Where the load balancer answers. */
  readonly url: string;
  readonly backend: BackendName;
  readonly replicas: readonly ReplicaHandle[];
  /** The Redis of this cluster, to break; undefined when it has none or was given a URL. */
  readonly redis: StoreHandle | undefined;
  /** The PostgreSQL of this cluster, to break; undefined when it has none or was given a URL. */
  readonly postgres: PostgresHandle | undefined;
  /** SIGKILL: it ends at once, without a word. */
  kill(index: number): Promise<void>;
  /** SIGSTOP: it stands still with its connections open. */
  pause(index: number): Promise<void>;
  /** SIGCONT: it goes on where it stood. */
  resume(index: number): Promise<void>;
  /** SIGTERM, as in a deploy; resolves when it has ended. */
  terminate(index: number): Promise<Ending>;
  /** Starts a replica that does not run; resolves when it is ready. */
  start(index: number): Promise<void>;
  /** `terminate`, then `start`. */
  restart(index: number): Promise<Ending>;
  /** SIGTERM to all replicas; the stores and the load balancer stay. */
  stopAll(): Promise<Ending[]>;
  /** Starts all replicas that do not run. */
  startAll(): Promise<void>;
  /** What a replica has printed since the cluster started. */
  logs(index: number): string;
  /** Ends everything at once and removes all data. */
  stop(): Promise<void>;
}
