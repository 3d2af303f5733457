import type { ReplicaIdentity } from '@rookery/core';
import type { Replica, ReplicaState } from './replica.js';

/** What this replica tells about itself. */
export class SelfPortrait {
  state: ReplicaState = 'starting';
  clockSkewMs = 0;
  private utilization = performance.eventLoopUtilization();

  constructor(
    readonly identity: ReplicaIdentity,
    private readonly fingerprints: Record<string, string>,
  ) {}

  draw(): Replica {
    const { id, host, pid, version, roles, startedAt } = this.identity;
    const { state, clockSkewMs, fingerprints } = this;
    const load = this.loadSinceLast();
    const memoryBytes = process.memoryUsage.rss();
    return { id, host, pid, version, roles, startedAt, state, load, memoryBytes, clockSkewMs, fingerprints };
  }

  private loadSinceLast(): number {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.utilization);
    this.utilization = now;
    return Number.isFinite(utilization) ? Math.round(utilization * 100) / 100 : 0;
  }
}
