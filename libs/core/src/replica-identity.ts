import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/** The parts of an app that a replica runs. */
export type ReplicaRole = 'web' | 'jobs' | 'workers';

/** Who this process is among the replicas of the app. */
export class ReplicaIdentity {
  /** Unique per process start. */
  readonly id: string;
  readonly host: string = hostname();
  readonly pid: number = process.pid;
  /** The app's version, for rolling deploys. */
  readonly version: string;
  readonly roles: readonly ReplicaRole[];
  /** Milliseconds since the epoch, by this machine's clock. */
  readonly startedAt: number = Date.now();

  constructor(given: { id?: string; version?: string; roles?: readonly ReplicaRole[] } = {}) {
    this.id = given.id ?? `${this.host}-${this.pid}-${randomBytes(3).toString('hex')}`;
    this.version = given.version ?? process.env.npm_package_version ?? '0.0.0';
    this.roles = given.roles ?? ['web', 'jobs', 'workers'];
  }

  /** Whether this replica runs the parts of `role`. */
  has(role: ReplicaRole): boolean {
    return this.roles.includes(role);
  }
}
