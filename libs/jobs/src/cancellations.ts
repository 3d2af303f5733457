import { randomUUID } from 'node:crypto';
import type { Bus, Unsubscribe } from '@rookery/core';

const CANCEL = 'jobs:cancel';
const CANCELLED = 'jobs:cancelled';
const AGAIN_MS = 250;

/** Reaches the replica that runs a job, whichever it is, and hears back from it. */
export class Cancellations {
  private readonly asked = new Map<string, () => void>();
  private subscriptions: Unsubscribe[] = [];

  constructor(
    private readonly bus: Bus,
    /** Tells a run of this process to stop; false when it is not here. */
    private readonly cancelHere: (queue: string, id: string) => boolean,
  ) {}

  async open(): Promise<void> {
    this.subscriptions = [
      await this.bus.subscribe(CANCEL, (message) => this.onCancel(message)),
      await this.bus.subscribe(CANCELLED, (token) => this.asked.get(token)?.()),
    ];
  }

  async close(): Promise<void> {
    await Promise.all(this.subscriptions.map((unsubscribe) => unsubscribe()));
    this.subscriptions = [];
  }

  /** True once the replica that runs the job has told it to stop; false when none answered for a moment. */
  async ask(queue: string, id: string): Promise<boolean> {
    if (this.cancelHere(queue, id)) return true;
    const token = randomUUID();
    const answered = new Promise<boolean>((resolve) => {
      this.asked.set(token, () => resolve(true));
      setTimeout(() => resolve(false), AGAIN_MS);
    });
    try {
      await this.bus.publish(CANCEL, JSON.stringify({ queue, id, token }));
      return await answered;
    } finally {
      this.asked.delete(token);
    }
  }

  private onCancel(message: string): void {
    const { queue, id, token } = JSON.parse(message) as { queue: string; id: string; token: string };
    if (this.cancelHere(queue, id)) this.bus.publish(CANCELLED, token).catch(() => undefined);
  }
}
