import type { SubscribeOptions } from './bus.js';

interface Subscription extends SubscribeOptions {
  handler: (message: string) => void;
}

/** Who listens to what in this process: the part that all buses share. */
export class Subscriptions {
  private readonly byChannel = new Map<string, Set<Subscription>>();

  get channels(): string[] {
    return [...this.byChannel.keys()];
  }

  /** Adds a subscriber; `first` says whether the store must be told, `remove` answers whether it was the last. */
  add(channel: string, handler: (message: string) => void, options: SubscribeOptions = {}) {
    const subscription = { handler, ...options };
    const known = this.byChannel.get(channel);
    if (known) known.add(subscription);
    else this.byChannel.set(channel, new Set([subscription]));
    const remove = () => {
      const set = this.byChannel.get(channel);
      if (!set?.delete(subscription) || set.size > 0) return false;
      this.byChannel.delete(channel);
      return true;
    };
    return { first: !known, remove };
  }

  deliver(channel: string, message: string): void {
    for (const { handler } of this.byChannel.get(channel) ?? []) handler(message);
  }

  /** Tells every subscriber that messages may have been missed. */
  gap(): void {
    for (const set of this.byChannel.values()) for (const { onGap } of set) onGap?.();
  }
}
