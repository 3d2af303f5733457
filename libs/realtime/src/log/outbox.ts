import { sleep } from '@rookery/core';
import { BackplaneOverflowError } from '../realtime.errors.js';
import type { LogEntry } from '../realtime.driver.js';

interface Waiting extends LogEntry {
  resolve: () => void;
}

const MAX_BATCH = 256;
const MAX_BATCH_CHARS = 512 * 1024;
const MAX_RETRY_MS = 500;

/**
 * What this publisher has said and the store has not confirmed yet. One batch is under way at a time, and it is sent
 * again until it is confirmed: so the order is kept, and the log tells a repetition from a new batch.
 */
export class Outbox {
  private queue: Waiting[] = [];
  private underWay: Waiting[] = [];
  private running: Promise<void> | undefined;
  private overflowed = false;
  private failing = false;
  private confirmed = 0;
  private readonly closing = new AbortController();

  constructor(
    private readonly nsp: string,
    private readonly maxQueued: number,
    /** Resolves when the log can be used. */
    private readonly ready: Promise<unknown>,
    private readonly to: {
      send(batch: readonly LogEntry[], before: number): Promise<void>;
      onOverflow(): Promise<void>;
    },
  ) {}

  /** False while the store does not take messages. */
  get flowing(): boolean {
    return !this.failing;
  }

  get size(): number {
    return this.queue.length + this.underWay.length;
  }

  /** What the store may not have yet, oldest first. */
  unconfirmed(): LogEntry[] {
    return [...this.underWay, ...this.queue];
  }

  /** Resolves when the store has it. @throws BackplaneOverflowError when too much waits already */
  push(entry: LogEntry): Promise<void> {
    if (this.size >= this.maxQueued) {
      this.overflowed = true;
      return Promise.reject(new BackplaneOverflowError(this.nsp, this.maxQueued));
    }
    return new Promise((resolve) => {
      this.queue.push({ ...entry, resolve });
      // In the next microtask, so that a burst goes out as one batch.
      this.running ??= Promise.resolve().then(() => this.run());
    });
  }

  /** Waits until all is sent, or the signal aborts; then sends no more. */
  async close(budget: AbortSignal): Promise<void> {
    while (this.running && !budget.aborted) await Promise.race([this.running, sleep(50)]);
    this.closing.abort();
  }

  private async run(): Promise<void> {
    await this.ready;
    while (this.queue.length > 0 && !this.closing.signal.aborted) {
      this.underWay = this.nextBatch();
      await this.deliver();
      for (const { resolve } of this.underWay) resolve();
      this.confirmed += this.underWay.length;
      this.underWay = [];
      if (this.queue.length === 0 && this.overflowed) {
        this.overflowed = false;
        await this.to.onOverflow();
      }
    }
    this.running = undefined;
  }

  private async deliver(): Promise<void> {
    for (let attempt = 1; !this.closing.signal.aborted; attempt++) {
      try {
        await this.to.send(this.underWay, this.confirmed);
        this.failing = false;
        return;
      } catch {
        this.failing = true;
        await sleep(Math.min(attempt * 20, MAX_RETRY_MS), this.closing.signal).catch(() => undefined);
      }
    }
  }

  private nextBatch(): Waiting[] {
    let count = 0;
    for (let chars = 0; count < this.queue.length && count < MAX_BATCH && chars < MAX_BATCH_CHARS; count++)
      chars += this.queue[count].body.length;
    return this.queue.splice(0, count);
  }
}
