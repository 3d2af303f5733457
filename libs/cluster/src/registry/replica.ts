import type { ReplicaRole } from '@rookery/core';

/** Where a replica is in its life. */
export type ReplicaState = 'starting' | 'ready' | 'draining';

/** A replica of the app, as it last described itself. */
export interface Replica {
  /** Unique per process start. */
  id: string;
  host: string;
  pid: number;
  version: string;
  roles: readonly ReplicaRole[];
  /** Milliseconds since the epoch, by that machine's clock. */
  startedAt: number;
  state: ReplicaState;
  /** Share of time that its event loop was busy since its last heartbeat, 0 to 1. */
  load: number;
  memoryBytes: number;
  /** How far its wall clock is ahead of the store's, in milliseconds. */
  clockSkewMs: number;
  /** Salted hashes of what all replicas must have in common; see the doctor. */
  fingerprints: Record<string, string>;
}
