import type { Bus, SubscribeOptions, Unsubscribe } from '../../bus.js';
import { Subscriptions } from '../../subscriptions.js';

/** Delivers in the next microtask, so that a publisher never runs its subscribers' code. */
export class MemoryBus implements Bus {
  readonly connected = true;
  private readonly subscriptions = new Subscriptions();

  async publish(channel: string, message: string): Promise<void> {
    queueMicrotask(() => this.subscriptions.deliver(channel, message));
  }

  async subscribe(
    channel: string,
    handler: (message: string) => void,
    options?: SubscribeOptions,
  ): Promise<Unsubscribe> {
    const { remove } = this.subscriptions.add(channel, handler, options);
    return async () => void remove();
  }
}
