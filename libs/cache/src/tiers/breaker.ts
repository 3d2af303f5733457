import type { BreakerOptions } from '../cache.options.js';

/** How many looks in vain it takes to doubt the connection itself. */
const RECONNECT_EVERY = 4;

/** Leaves the store alone after failures in a row, and looks itself whether it is back: no request is spent on that. */
export class Breaker {
  private failures = 0;
  private looks = 0;
  private probing: NodeJS.Timeout | undefined;
  private readonly limit: number;
  private readonly probeEveryMs: number;

  constructor(
    private readonly probe: () => Promise<unknown>,
    /** Tried after many looks in vain: a connection that died without a word never answers again. */
    private readonly reconnect: () => void,
    private readonly changed: (open: boolean, cause?: unknown) => void,
    { failures = 3, probeEveryMs = 500 }: BreakerOptions = {},
  ) {
    this.limit = failures;
    this.probeEveryMs = probeEveryMs;
  }

  get open(): boolean {
    return this.probing !== undefined;
  }

  succeeded(): void {
    this.failures = 0;
  }

  failed(cause: unknown): void {
    if (++this.failures < this.limit || this.open) return;
    this.probing = setInterval(() => void this.look(), this.probeEveryMs).unref();
    this.changed(true, cause);
  }

  close(): void {
    clearInterval(this.probing);
    this.probing = undefined;
    this.failures = this.looks = 0;
  }

  private async look(): Promise<void> {
    try {
      await this.probe();
    } catch {
      if (this.open && ++this.looks % RECONNECT_EVERY === 0) this.reconnect();
      return;
    }
    if (!this.open) return;
    this.close();
    this.changed(false);
  }
}
