import type { RedisBackend, RedisClient } from '@rookery/core/redis';
import { createRedisBackend } from 'bullmq';
import { StoreClock } from '../../bullmq/store-clock.js';
import { onStoreTime } from '../../bullmq/store-time.js';
import { BullmqConnection, type AnyBackendFactory } from '../../bullmq/bullmq-connection.js';

/** bullmq on Redis: producers share the backend's connection and fail fast, workers have one that waits. */
export class RedisBullmqConnection extends BullmqConnection {
  readonly prefix: string;
  readonly idlePollMs = 1_000;
  readonly clock: StoreClock;
  private waiting: RedisClient | undefined;
  private opened: Promise<void> | undefined;

  constructor(private readonly store: RedisBackend) {
    super();
    // A hash tag: bullmq's scripts touch keys of several queues, which a Redis Cluster must find on one node.
    this.prefix = `{${store.namespace}:jobs}`;
    this.clock = new StoreClock(() => store.now());
  }

  readonly backend: AnyBackendFactory = (name, options, wanted) => {
    const waits = wanted?.blocking || wanted?.withBlockingConnection;
    const connection = waits ? this.waitingClient() : this.store.client;
    return onStoreTime(createRedisBackend(name, { ...options, connection }, wanted), this.clock);
  };

  open(): Promise<void> {
    return (this.opened ??= this.connect());
  }

  async close(): Promise<void> {
    if (!this.opened) return;
    this.opened = undefined;
    this.clock.close();
    this.waiting?.disconnect();
    this.waiting = undefined;
    await this.store.close();
  }

  async transactional(): Promise<undefined> {}

  private async connect(): Promise<void> {
    await this.store.open();
    await this.clock.open();
  }

  /**
   * A job's end is worth waiting for: it is written when the store is back. What got no answer is sent again, as bullmq
   * expects: without that ioredis leaves it without an answer for ever, and the worker waits for it as long.
   */
  private waitingClient(): RedisClient {
    return (this.waiting ??= this.store.duplicate({
      maxRetriesPerRequest: null,
      enableOfflineQueue: true,
      autoResendUnfulfilledCommands: true,
    }));
  }
}
