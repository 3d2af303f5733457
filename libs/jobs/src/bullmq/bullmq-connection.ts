import {
  getDefaultBackendFactory,
  setDefaultBackendFactory,
  type BackendFactory,
  type IQueueBackend,
  type RedisQueueBackend,
} from 'bullmq';
import type { TransactionManager } from '@rookery/core';
import type { Retention } from '../jobs.driver.js';
import type { StoreClock } from './store-clock.js';

/** bullmq's classes are typed by their backend, Redis unless told otherwise; we use only what all backends have. */
export type AnyBackendFactory = BackendFactory<RedisQueueBackend>;

/**
 * How bullmq reaches a store of ours. It stands where bullmq expects a `connection`, so that queues, workers, events and
 * flows that @nestjs/bullmq makes for the app go the same way as ours.
 */
export abstract class BullmqConnection {
  /** The first part of bullmq's keys; a store with schemas has none. */
  abstract readonly prefix: string | undefined;
  /** How often an idle worker asks for jobs that it was not woken for. */
  abstract readonly idlePollMs: number;
  /** The store's time. */
  abstract readonly clock: StoreClock;
  /** Makes the backend of one bullmq object. */
  abstract readonly backend: AnyBackendFactory;
  /** Idempotent. */
  abstract open(): Promise<void>;
  abstract close(): Promise<void>;
  /** Forgets the finished jobs of a queue beyond what is kept; undefined where bullmq does that well, as each job ends. */
  readonly forgetFinished?: (queue: string, keep: Record<'completed' | 'failed', Retention>) => Promise<void>;
  /** A backend whose statements run in the caller's transaction; undefined when the store is not its database. */
  abstract transactional(queue: string, manager: TransactionManager): Promise<IQueueBackend | undefined>;
}

const route: AnyBackendFactory = (name, options, wanted) => {
  const connection: unknown = options.connection;
  return (connection instanceof BullmqConnection ? connection.backend : others)(name, options, wanted);
};
const others = getDefaultBackendFactory<RedisQueueBackend>();

/**
 * Teaches bullmq, once per process, to ask a connection of ours for its backend. It keeps no state and leaves every
 * other connection to bullmq. @nestjs/bullmq has no other way to reach Postgres, nor any at all for its queue events.
 */
export function routeConnections(): void {
  if (getDefaultBackendFactory<RedisQueueBackend>() !== route) setDefaultBackendFactory(route);
}
