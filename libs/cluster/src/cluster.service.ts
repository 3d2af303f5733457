import {
  Logger,
  type BeforeApplicationShutdown,
  type INestApplicationContext,
  type OnApplicationShutdown,
} from '@nestjs/common';
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
  private readonly logger = new Logger('Cluster');
  private app: INestApplicationContext | undefined;
  private detach: (() => void) | undefined;

  constructor(
    private readonly registry: ReplicaRegistry,
    private readonly drainCoordinator: DrainCoordinator,
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
    await this.drainCoordinator.disconnect(async () => this.app?.close());
    this.drainCoordinator.print();
    return this.drainCoordinator.report();
  }

  /** For `useCluster`. @internal */
  attach(app: INestApplicationContext, detach: () => void): void {
    this.detach?.();
    this.app = app;
    this.detach = detach;
  }

  /** A plain `app.close()` drains too, without the wait for load balancers: nobody sends them here in that case. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.drainCoordinator.drain({ cause: 'app.close()', waitForLoadBalancer: false });
  }

  onApplicationShutdown(): void {
    this.detach?.();
    this.detach = undefined;
    this.logger.debug('left the cluster');
  }
}
