import { Logger } from '@nestjs/common';
import { reason, sleep, type DrainPhase, type DrainRegistry } from '@rookery/core';
import type { CheckedDrainOptions } from './drain.options.js';
import { printed, type DrainReport, type DrainStep } from './drain.report.js';

interface Part {
  name: string;
  run: (budget: AbortSignal) => Promise<void>;
}

/** What the coordinator does to the HTTP server, where there is one. */
export interface Traffic {
  /** From now on, every answer asks its client to use another connection next time. */
  turnAway(): void;
  /** Stops listening; resolves when the requests under way have been answered. */
  finish(budget: AbortSignal): Promise<void>;
}

/** How a drain was begun. */
export interface DrainStart {
  cause: string;
  /** Whether load balancers need time to notice. */
  waitForLoadBalancer: boolean;
}

/**
 * Lets this replica leave the cluster in phases, each with a budget. Modules and users register what they do in which
 * phase; whatever throws or never settles is reported and does not hold up the rest.
 *
 * @example
 * constructor(drain: DrainCoordinator) {
 *   drain.register('work', 'report upload', (budget) => this.upload.finish(budget));
 * }
 */
export class DrainCoordinator implements DrainRegistry {
  readonly logger = new Logger('Drain');
  private readonly parts: Record<DrainPhase, Part[]> = { intake: [], sockets: [], work: [], connections: [] };
  private readonly steps: DrainStep[] = [];
  private traffic: Traffic | undefined;
  private running: Promise<void> | undefined;
  private start: DrainStart | undefined;
  private startedAt = 0;

  constructor(readonly options: CheckedDrainOptions) {}

  /** True from the instant the drain begins. */
  get draining(): boolean {
    return this.running !== undefined;
  }

  register(phase: DrainPhase, name: string, run: (budget: AbortSignal) => Promise<void>): void {
    this.parts[phase].push({ name, run });
  }

  /** Hands over the HTTP server. */
  serve(traffic: Traffic): void {
    this.traffic = traffic;
  }

  /**
   * Runs every phase but the connections, which stay open for Nest's shutdown hooks. A second call joins the first.
   * Never throws.
   */
  drain(start: DrainStart): Promise<void> {
    if (!this.running) {
      this.start = start;
      this.startedAt = performance.now();
      this.traffic?.turnAway();
      this.running = this.leave(start.waitForLoadBalancer);
    }
    return this.running;
  }

  /** The last phase: runs `shutdown` (Nest's hooks), then what was registered for the connections. */
  async disconnect(shutdown: () => Promise<void>): Promise<void> {
    const { connectionsMs } = this.options.budgets;
    await this.phase('connections', connectionsMs * 0.75, [{ name: 'shutdown hooks', run: shutdown }]);
    await this.phase('connections', connectionsMs * 0.25, this.parts.connections);
  }

  /** What finished and what was cut so far. */
  report(): DrainReport {
    return {
      cause: this.start?.cause ?? 'nothing',
      tookMs: Math.round(performance.now() - this.startedAt),
      steps: this.steps.map((step) => ({ ...step })),
      clean: this.steps.every(({ outcome }) => outcome === 'finished'),
    };
  }

  /** Logs the report. @param cutBy what ended the drain before its time */
  print(cutBy?: string): void {
    const report = this.report();
    this.logger[report.clean && !cutBy ? 'log' : 'warn'](printed(report, cutBy));
  }

  private async leave(waitForLoadBalancer: boolean): Promise<void> {
    const { intakeMs, loadBalancerMs, socketsMs, requestsMs, workMs } = this.options.budgets;
    const { intake, sockets, work } = this.parts;
    const waitMs = waitForLoadBalancer && this.traffic ? loadBalancerMs : 0;
    await Promise.all([this.phase('intake', intakeMs, intake), sleepInside(waitMs)]);
    await this.phase('sockets', socketsMs, sockets);
    const { traffic } = this;
    if (traffic) await this.phase('requests', requestsMs, [{ name: 'HTTP', run: (budget) => traffic.finish(budget) }]);
    await this.phase('work', workMs, work);
  }

  private async phase(phase: string, budgetMs: number, parts: readonly Part[]): Promise<void> {
    if (parts.length === 0) return;
    const budget = new AbortController();
    const timer = setTimeout(
      () => budget.abort(new Error(`the ${phase} budget of ${budgetMs} ms is used up`)),
      budgetMs,
    );
    await Promise.all(parts.map((part) => this.step(phase, part, budget.signal)));
    clearTimeout(timer);
  }

  private async step(phase: string, { name, run }: Part, budget: AbortSignal): Promise<void> {
    const began = performance.now();
    const step: DrainStep = { phase, name, outcome: 'cut', tookMs: 0, reason: 'it did not settle' };
    this.steps.push(step);
    // Through a promise, so that a part which throws at once is like one that rejects.
    const work = Promise.resolve().then(() => run(budget));
    const finished = work.then(
      () => {
        step.outcome = 'finished';
        delete step.reason;
      },
      (error: unknown) => {
        step.outcome = budget.aborted ? 'cut' : 'failed';
        step.reason = reason(error);
      },
    );
    await Promise.race([finished, afterAbort(budget)]);
    step.tookMs = Math.round(performance.now() - began);
  }
}

/** How long a part that was told to stop may take to give back what it holds. */
const LAST_WORDS_MS = 250;

/** Resolves a moment after the budget is used up: a part that heeds its signal still gets to say how it ended. */
function afterAbort(budget: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const later = () => void setTimeout(resolve, LAST_WORDS_MS);
    if (budget.aborted) later();
    else budget.addEventListener('abort', later, { once: true });
  });
}

async function sleepInside(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms);
}
