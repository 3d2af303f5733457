import { withDeadline } from '@rookery/core';
import type { RunOutcome, TaskState, WorkersDriver } from '../workers.driver.js';

const RETRY_MS = 250;

/**
 * Tells the store how runs ended: those that end together in one call, and again and again while the store is away. A
 * run that the store gave to somebody else meanwhile is not ours to end; its state comes back as null.
 */
export class Recorder {
  private waiting: RunOutcome[] = [];
  private sending: Promise<void> | undefined;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly driver: WorkersDriver,
    private readonly replica: string,
    private readonly onRecorded: (outcome: RunOutcome, state: TaskState | null) => void,
  ) {}

  record(outcome: RunOutcome): void {
    this.waiting.push(outcome);
    void this.start();
  }

  /** Tries once more to tell what is not told yet. */
  async flush(): Promise<void> {
    clearTimeout(this.retry);
    await this.sending;
    await this.start();
    clearTimeout(this.retry);
  }

  /** In a microtask, so that runs that end in the same breath share a call. */
  private start(): Promise<void> {
    return (this.sending ??= Promise.resolve().then(() => this.send()));
  }

  private async send(): Promise<void> {
    clearTimeout(this.retry);
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        const states = await withDeadline('Recording runs', this.driver.finish(this.replica, batch));
        batch.forEach((outcome, index) => this.onRecorded(outcome, states[index]));
      } catch {
        this.waiting = [...batch, ...this.waiting];
        this.retry = setTimeout(() => void this.start(), RETRY_MS);
        this.retry.unref();
        break;
      }
    }
    this.sending = undefined;
  }
}
