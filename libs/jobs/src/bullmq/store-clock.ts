const MEASURE_EVERY_MS = 10_000;
/** Below this, clocks agree as far as anybody cares, and nothing is corrected. */
const TOLERATED_MS = 1_000;

/**
 * The store's time, without asking it each time: measured now and then, and carried on by the monotonic clock, so that a
 * wall clock that is wrong, or jumps, does no harm.
 */
export class StoreClock {
  private base = { store: Date.now(), monotonic: performance.now() };
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly ask: () => Promise<number>) {}

  async open(): Promise<void> {
    await this.measure();
    this.timer = setInterval(() => void this.measure().catch(() => undefined), MEASURE_EVERY_MS).unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  /** Milliseconds that this machine's wall clock is ahead of the store's; 0 while they agree. */
  get skewMs(): number {
    const skew = Date.now() - (this.base.store + performance.now() - this.base.monotonic);
    return Math.abs(skew) < TOLERATED_MS ? 0 : Math.round(skew);
  }

  /** The store's time in milliseconds since the epoch. */
  now(): number {
    return Date.now() - this.skewMs;
  }

  private async measure(): Promise<void> {
    const asked = performance.now();
    const store = await this.ask();
    const answered = performance.now();
    this.base = { store: store + (answered - asked) / 2, monotonic: answered };
  }
}
