import { reason, withDeadline, type Backend } from '@rookery/core';
import type { DrainCoordinator } from '../drain/drain-coordinator.js';

/** What readiness says. */
export interface ReadinessAnswer {
  status: 'ready' | 'draining' | 'unavailable';
  /** What is wrong, without secrets. */
  reason?: string;
}

/** How long one question to the store is good for: probes come from several load balancers at once. */
const FRESH_MS = 500;

/** Whether this replica should be sent requests. */
export class Readiness {
  private asked = { at: -Infinity, answer: Promise.resolve<ReadinessAnswer>({ status: 'ready' }) };

  constructor(
    private readonly backend: Backend,
    private readonly drain: DrainCoordinator,
    private readonly timeoutMs = 1_000,
  ) {}

  /** At once while draining; else after the store answered, and at the latest after the timeout. Never throws. */
  async check(): Promise<ReadinessAnswer> {
    if (this.drain.draining) return { status: 'draining' };
    if (performance.now() - this.asked.at > FRESH_MS) this.asked = { at: performance.now(), answer: this.ask() };
    const answer = await this.asked.answer;
    return this.drain.draining ? { status: 'draining' } : answer;
  }

  private async ask(): Promise<ReadinessAnswer> {
    try {
      const { timeoutMs: deadlineMs } = this;
      // A store that was handed in may forget its own deadline.
      await withDeadline('Asking the store', this.backend.now({ deadlineMs }), { deadlineMs });
      return { status: 'ready' };
    } catch (error) {
      return { status: 'unavailable', reason: reason(error) };
    }
  }
}
