import { Cluster, type Redis } from 'ioredis';
import type { Bus, SubscribeOptions, Unsubscribe } from '../../bus.js';
import { withDeadline } from '../../deadline.js';
import { Subscriptions } from '../../subscriptions.js';
import type { RedisBackend } from './redis.backend.js';
import { subscriberOf } from './subscriber.js';

const PUBLISH = `return redis.call('publish', ARGV[1], ARGV[2])`;

/** Redis PUB/SUB on a connection of its own, which exists as soon as somebody subscribes. */
export class RedisBus implements Bus {
  private readonly subscriptions = new Subscriptions();
  private subscriber: Redis | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly backend: RedisBackend) {}

  get connected(): boolean {
    return this.subscriber ? this.subscriber.status === 'ready' : true;
  }

  async publish(channel: string, message: string): Promise<void> {
    await withDeadline(`Publishing to ${channel}`, this.send(this.name(channel), message));
  }

  async subscribe(
    channel: string,
    handler: (message: string) => void,
    options?: SubscribeOptions,
  ): Promise<Unsubscribe> {
    this.subscriber ??= this.connect();
    const subscriber = this.subscriber;
    const { remove } = this.subscriptions.add(this.name(channel), handler, options);
    const unsubscribe = async () => {
      // While the link is down the command would wait for it, and a shutdown with it.
      if (remove() && this.subscriber === subscriber && subscriber.status === 'ready')
        await withDeadline('Unsubscribing', subscriber.unsubscribe(this.name(channel))).catch(() => undefined);
    };
    try {
      // Also for the second subscriber of a channel: the first one's SUBSCRIBE may still be under way.
      await withDeadline(`Subscribing to ${channel}`, subscriber.subscribe(this.name(channel)));
    } catch (error) {
      await unsubscribe();
      throw error;
    }
    return unsubscribe;
  }

  /** Gives everything back. Idempotent. */
  async close(): Promise<void> {
    this.subscriber?.disconnect();
    this.subscriber = undefined;
  }

  private send(name: string, message: string): Promise<unknown> {
    const { client, namespace } = this.backend;
    if (!(client instanceof Cluster)) return client.publish(name, message);
    // PUBLISH has no key, so each would go to any node; and a node that does not have the key sends a script on to another,
    // where it may be overtaken. Hence one after the other.
    const publish = () => client.eval(PUBLISH, 1, `${namespace}:bus`, name, message);
    return (this.last = this.last.then(publish, publish));
  }

  private connect(): Redis {
    const subscriber = subscriberOf(this.backend);
    let wasReady = false;
    subscriber.on('ready', () => {
      // ioredis resubscribes in the same tick; the ping's answer therefore comes after the subscriptions took hold.
      if (wasReady)
        void subscriber.ping().then(
          () => this.subscriptions.gap(),
          () => undefined,
        );
      wasReady = true;
    });
    subscriber.on('message', (channel: string, message: string) => this.subscriptions.deliver(channel, message));
    if (subscriber.status === 'wait') subscriber.connect().catch(() => undefined);
    return subscriber;
  }

  /** What Redis calls `channel`: for scripts that publish by themselves, in one step with what they write. */
  name(channel: string): string {
    return `${this.backend.namespace}:bus:${channel}`;
  }
}
