/** How much the two clocks may drift apart in a millisecond. */
const DRIFT = 0.0002;

interface Sample {
  /** The store's time minus the monotonic clock. */
  offset: number;
  /** What `offset` may be wrong by. */
  error: number;
  takenAt: number;
}

/**
 * The store's time, told by the monotonic clock of this process: its wall clock may be minutes off, or be set while it
 * runs, and nothing happens. Every answer that carries the store's time makes it better.
 */
export class StoreClock {
  private best: Sample | undefined;

  /** A moment to be handed to {@link learn} later. */
  static readonly moment = (): number => performance.now();

  /** Learns from an answer of the store that was asked for at `askedAt` and has just come. */
  learn(storeNow: number, askedAt: number): void {
    const takenAt = performance.now();
    const error = (takenAt - askedAt) / 2 + 0.5;
    // The store cuts off its microseconds.
    const offset = storeNow + 0.5 - (askedAt + takenAt) / 2;
    const known = this.best && { ...this.best, error: this.best.error + (takenAt - this.best.takenAt) * DRIFT };
    const contradicts = known && Math.abs(known.offset - offset) > known.error + error;
    if (!known || contradicts || error <= known.error) this.best = { offset, error, takenAt };
  }

  /** The store's time, in milliseconds since the epoch. */
  now(): number {
    return performance.now() + (this.best?.offset ?? performance.timeOrigin);
  }

  /** What the wall clock of this replica is ahead of the store's, in milliseconds. */
  get skewMs(): number {
    return Math.round(Date.now() - this.now());
  }
}
