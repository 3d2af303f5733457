import { type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import type { Attachment } from './attachment.js';
import type { DrainCoordinator } from './drain/drain-coordinator.js';
import type { DrainReport } from './drain/drain.report.js';
import type { Replica } from './registry/replica.js';
import type { ReplicaListener, ReplicaRegistry } from './registry/replica-registry.js';

/**
 * This replica among the others.
 *
 * @example
 * constructor(cluster: ClusterService) {
 *   cluster.onLeave((replica) => this.logger.warn(`${replica.id} is gone`));
 * }
 */
export class ClusterService implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    private readonly registry: ReplicaRegistry,
    private readonly drainCoordinator: DrainCoordinator,
    private readonly attachment: Attachment,
  ) {}

  /** This replica, as it is now. */
  get self(): Replica {
    return this.registry.self;
  }

  /** True from the instant this replica began to leave. */
  get draining(): boolean {
    return this.drainCoordinator.draining;
  }

  /**
   * All living replicas, this one included, asked from the store.
   *
   * @throws when the store does not answer within 2 s
   */
  replicas(): Promise<Replica[]> {
    return this.registry.list();
  }

  /** All living replicas at the last heartbeat; never waits. */
  get knownReplicas(): Replica[] {
    return this.registry.view;
  }

  /** Calls back for every other replica that comes. @returns ends it */
  onJoin(listener: ReplicaListener): () => void {
    return this.registry.on('join', listener);
  }

  /** Calls back for every other replica that left or fell silent. @returns ends it */
  onLeave(listener: ReplicaListener): () => void {
    return this.registry.on('leave', listener);
  }

  /**
   * Leaves the cluster and closes the app, like SIGTERM but without ending the process: readiness goes first, load
   * balancers get time to notice, work is finished or given back. Never throws.
   *
   * @returns what finished and what was cut
   */
  async drain(): Promise<DrainReport> {
    await this.drainCoordinator.drain({ cause: 'cluster.drain()', waitForLoadBalancer: true });
    await this.drainCoordinator.disconnect(async () => this.attachment.app?.close());
    this.drainCoordinator.print();
    return this.drainCoordinator.report();
  }

  /** A plain `app.close()` drains too, without the wait for load balancers: nobody sends them here in that case. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.drainCoordinator.drain({ cause: 'app.close()', waitForLoadBalancer: false });
  }

  onApplicationShutdown(): void {
    this.attachment.detach();
  }
}
