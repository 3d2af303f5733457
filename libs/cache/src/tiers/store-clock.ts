const SYNC_EVERY_MS = 30_000;

/**
 * The store's time, counted on by this process's monotonic clock: expiry is the same for replicas whose wall clocks
 * disagree, and costs no question.
 */
export class StoreClock {
  private offset = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly ask: () => Promise<number>) {}

  /** Milliseconds since the epoch, by the store. */
  now(): number {
    return performance.now() + this.offset;
  }

  async open(): Promise<void> {
    await this.sync();
    this.timer = setInterval(() => void this.sync().catch(() => undefined), SYNC_EVERY_MS).unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  async sync(): Promise<void> {
    const before = performance.now();
    const store = await this.ask();
    this.offset = store - (before + performance.now()) / 2;
  }
}
