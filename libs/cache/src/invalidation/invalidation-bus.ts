import type { Bus, Unsubscribe } from '@rookery/core';

const CHANNEL = 'cache';

/** What replicas tell each other. Names only: values travel through the store. */
export interface CacheMessage {
  /** Keys that were written or removed. */
  keys?: readonly string[];
  /** Tags, and clears, that have a new version. */
  versions?: readonly string[];
  /** Keys whose fill has ended, for those who wait for it. */
  filled?: readonly string[];
}

/** The link that keeps the replicas' in-process tiers in step. */
export class InvalidationBus {
  private unsubscribe: Unsubscribe | undefined;

  constructor(
    private readonly bus: Bus,
    /** Marks our own messages, which we need not hear again. */
    private readonly origin: string,
  ) {}

  /** While false, invalidations are being missed. */
  get connected(): boolean {
    return this.bus.connected;
  }

  async open(receive: (message: CacheMessage) => void, onGap: () => void): Promise<void> {
    this.unsubscribe = await this.bus.subscribe(
      CHANNEL,
      (text) => {
        const message = parse(text);
        if (message && message.origin !== this.origin) receive(message);
      },
      { onGap },
    );
  }

  async close(): Promise<void> {
    await this.unsubscribe?.();
    this.unsubscribe = undefined;
  }

  publish(message: CacheMessage): Promise<void> {
    return this.bus.publish(CHANNEL, JSON.stringify({ origin: this.origin, ...message }));
  }
}

function parse(text: string): (CacheMessage & { origin?: string }) | undefined {
  try {
    return JSON.parse(text) as CacheMessage & { origin?: string };
  } catch {
    return undefined;
  }
}
