import type { Backend, ReplicaRole } from '@rookery/core';
import type { DoctorOptions } from './doctor/doctor.options.js';
import type { DrainOptions } from './drain/drain.options.js';
import type { HealthOptions } from './health/health.options.js';

/** How replicas tell each other that they live. */
export interface RegistryOptions {
  /** Milliseconds between two heartbeats. @default 2000 */
  heartbeatMs?: number;
  /** Milliseconds without a heartbeat, by the store's clock, after which a replica counts as gone. @default 3 × heartbeatMs */
  goneAfterMs?: number;
}

/** Options of `ClusterModule.forRoot()`; also what the factory of `forRootAsync()` returns. */
export interface ClusterModuleOptions {
  /** The store of all modules. @default made from ROOKERY_BACKEND, REDIS_URL or REDIS_NODES, and DATABASE_URL */
  backend?: Backend;
  /** Keeps apps that share a store apart. @default ROOKERY_NAMESPACE, else 'rookery' */
  namespace?: string;
  /** The parts of the app that this replica runs. @default ROOKERY_ROLES, else all */
  roles?: readonly ReplicaRole[];
  /** The app's version, shown in the registry and compared by the doctor. @default npm_package_version */
  version?: string;
  /** Heartbeats. */
  registry?: RegistryOptions;
  /** The phases of leaving and their budgets. */
  drain?: DrainOptions;
  /** `/health/live` and `/health/ready`; `false` leaves them out. */
  health?: HealthOptions | false;
  /** What looks for parts of the app that are not safe with several replicas. */
  doctor?: DoctorOptions;
  /**
   * Secrets that must be the same on every replica, by a name of your choice. Only salted hashes leave the process;
   * the doctor compares them.
   *
   * @example { session: process.env.SESSION_SECRET }
   */
  secrets?: Record<string, string | undefined>;
}
