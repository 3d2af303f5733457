import { reason, withDeadline, type Backend } from '@rookery/core';
import type { ComposedServices } from '../composed-services.js';
import type { DrainCoordinator } from '../drain/drain-coordinator.js';
import type { Replica } from '../registry/replica.js';

/** What @nestjs/terminus takes from an indicator. */
export type HealthResult<Key extends string = string> = Record<
  Key,
  { status: 'up' | 'degraded' | 'down' } & Record<string, unknown>
>;

/** How an indicator judges. */
export interface IndicatorOptions {
  /** Milliseconds after which an indicator that got no answer says `down`. @default 1000 */
  timeoutMs?: number;
  /** Milliseconds that work may wait, or a task may be late, before it counts as degraded. @default 60000 */
  maxLagMs?: number;
  /** Milliseconds that this machine's clock may be off. @default 2000 */
  maxSkewMs?: number;
}

type Verdict = { status: 'up' | 'degraded' | 'down' } & Record<string, unknown>;

/**
 * One indicator per concern, for @nestjs/terminus. None throws and none takes longer than its timeout. What only slows
 * the app down is `degraded`, which keeps the HTTP status at 200.
 *
 * @example
 * @Get('health') @HealthCheck()
 * check() {
 *   return this.terminus.check([() => this.cluster.backend(), () => this.cluster.jobs('jobs', { maxLagMs: 30_000 })]);
 * }
 */
export class ClusterHealth {
  constructor(
    private readonly store: Backend,
    private readonly drainCoordinator: DrainCoordinator,
    private readonly registry: { readonly self: Replica },
    private readonly services: ComposedServices,
  ) {}

  /** Whether the store answers. */
  backend<Key extends string = 'backend'>(key?: Key, options?: IndicatorOptions): Promise<HealthResult<Key>> {
    return this.judge(key ?? 'backend', options, async () => {
      const { kind, address } = this.store;
      await this.store.now({ deadlineMs: options?.timeoutMs ?? 1_000 });
      return { status: 'up', kind, address };
    });
  }

  /** Whether this replica hears the others. */
  bus<Key extends string = 'bus'>(key?: Key, options?: IndicatorOptions): Promise<HealthResult<Key>> {
    return this.judge(key ?? 'bus', options, () => upIf(this.store.bus.connected, {}));
  }

  /** Whether this machine's clock agrees with the store's. */
  clock<Key extends string = 'clock'>(key?: Key, options?: IndicatorOptions): Promise<HealthResult<Key>> {
    return this.judge(key ?? 'clock', options, () => {
      const { clockSkewMs } = this.registry.self;
      return upIf(Math.abs(clockSkewMs) <= (options?.maxSkewMs ?? 2_000), { clockSkewMs });
    });
  }

  /** `down` from the instant this replica began to leave. */
  drain<Key extends string = 'drain'>(key?: Key, options?: IndicatorOptions): Promise<HealthResult<Key>> {
    return this.judge(key ?? 'drain', options, () => ({ status: this.drainCoordinator.draining ? 'down' : 'up' }));
  }

  /** Whether jobs wait too long. */
  jobs<Key extends string = 'jobs'>(key?: Key, options?: IndicatorOptions): Promise<HealthResult<Key>> {
    return this.judge(key ?? 'jobs', options, async () => {
      const queues = (await this.services.jobs?.stats()) ?? [];
      const late = queues.filter(({ paused, lagMs }) => !paused && lagMs > (options?.maxLagMs ?? 60_000));
      return upIf(late.length === 0, { late: late.map(({ queue, lagMs }) => ({ queue, lagMs })) });
    });
  }

  /** Whether tasks are overdue while nobody runs them. */
  workers<Key extends string = 'workers'>(key?: Key, options?: IndicatorOptions): Promise<HealthResult<Key>> {
    return this.judge(key ?? 'workers', options, async () => {
      const tasks = (await this.services.workers?.list()) ?? [];
      const late = tasks.filter(({ paused, overdueMs }) => !paused && overdueMs > (options?.maxLagMs ?? 60_000));
      return upIf(late.length === 0, { late: late.map(({ name, overdueMs }) => ({ name, overdueMs })) });
    });
  }

  /** Whether the cache has its store and hears of invalidations. */
  cache<Key extends string = 'cache'>(key?: Key, options?: IndicatorOptions): Promise<HealthResult<Key>> {
    return this.judge(key ?? 'cache', options, () => {
      const health = this.services.cache?.health();
      return upIf(!health || (health.storeAvailable && health.busConnected), { ...health });
    });
  }

  /** Whether messages reach the sockets of the other replicas. */
  realtime<Key extends string = 'realtime'>(key?: Key, options?: IndicatorOptions): Promise<HealthResult<Key>> {
    return this.judge(key ?? 'realtime', options, () => {
      const status = this.services.realtime?.status();
      return upIf(status?.connected ?? true, { ...status });
    });
  }

  private async judge<Key extends string>(
    key: string,
    options: IndicatorOptions | undefined,
    look: () => Verdict | Promise<Verdict>,
  ): Promise<HealthResult<Key>> {
    const work = Promise.resolve().then(look);
    const verdict = await withDeadline(`The health indicator "${key}"`, work, {
      deadlineMs: options?.timeoutMs ?? 1_000,
    }).catch((error: unknown): Verdict => ({ status: 'down', message: reason(error) }));
    return { [key]: verdict } as HealthResult<Key>;
  }
}

function upIf(healthy: boolean, details: Record<string, unknown>): Verdict {
  return { ...details, status: healthy ? 'up' : 'degraded' };
}
