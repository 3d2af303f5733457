import { Logger } from '@nestjs/common';
import { reason, sleep, type Backend } from '@rookery/core';
import { Cancellations } from '../cancellations.js';
import type { JobsBackends } from '../jobs.backends.js';
import type { JobsWorker } from '../jobs.driver.js';
import { checkModuleOptions, type JobsModuleOptions } from '../jobs.options.js';
import type { JobExplorer } from './job-explorer.js';
import { JobRunner } from './job-runner.js';
import { queuePlans } from './queue-plan.js';

const POLL_MS = 20;

/** Works on the queues of this replica, from bootstrap to drain. */
export class JobsExecutor {
  private readonly logger = new Logger('JobsModule');
  private readonly workers: JobsWorker[] = [];
  private runner: JobRunner | undefined;
  private cancellations: Cancellations[] = [];
  private drained: Promise<void> | undefined;

  constructor(
    private readonly backends: JobsBackends,
    private readonly explorer: JobExplorer,
    private readonly options: JobsModuleOptions,
    readonly executes: boolean,
  ) {}

  async open(): Promise<void> {
    checkModuleOptions(this.options);
    this.explorer.definitions();
    await this.backends.open();
  }

  /** Milliseconds that running jobs get to finish. */
  get drainMs(): number {
    return this.options.drainMs ?? 5_000;
  }

  /** The queues that this app names. */
  queueNames(): string[] {
    const handled = this.explorer.definitions().map(({ queue }) => queue);
    return [...new Set([...handled, ...Object.keys(this.options.queues ?? {})])];
  }

  async start(): Promise<void> {
    const { defaults, abortGraceMs = 2_000, leaseMs = 8_000 } = this.options;
    const runner = new JobRunner(this.explorer.handlers(defaults), abortGraceMs);
    this.runner = runner;
    this.cancellations = this.backends.all.map(
      ({ bus }) => new Cancellations(bus, (queue, id) => runner.cancel(queue, id)),
    );
    await Promise.all(this.cancellations.map((one) => one.open()));
    const plans = queuePlans(this.explorer.definitions(), this.options, this.executes);
    for (const { queue, ...settings } of plans) {
      const onError = (error: Error) => this.logger.debug(`Queue "${queue}": ${reason(error)}`);
      this.workers.push(
        await this.backends.driverOf(queue).work(queue, { ...settings, leaseMs, onError }, (job) => runner.run(job)),
      );
    }
  }

  /** Tells the replica that runs the job to stop. False when none answered for a moment. */
  async cancel(queue: string, id: string): Promise<boolean> {
    const at = this.backends.all.indexOf(this.backends.backendOf(queue) as Backend);
    return (await this.cancellations[at]?.ask(queue, id)) ?? false;
  }

  /** Takes no further jobs. Safe to call twice. */
  async stopIntake(): Promise<void> {
    this.runner?.stopIntake();
    await Promise.all(this.workers.map((worker) => worker.stopIntake().catch(() => undefined)));
  }

  /** Lets running jobs finish, tells those that take too long to stop, gives back what is left. Safe to call twice. */
  drain(budget?: AbortSignal): Promise<void> {
    return (this.drained ??= this.finish(budget));
  }

  async close(): Promise<void> {
    await Promise.all(this.cancellations.map((one) => one.close().catch(() => undefined)));
    await this.backends.close();
  }

  private async finish(budget?: AbortSignal): Promise<void> {
    await this.stopIntake();
    const { abortGraceMs = 2_000 } = this.options;
    await this.whenIdle(this.drainMs, budget);
    this.runner?.interruptAll();
    // A little more than the grace, in which the runner gives back what does not listen.
    await this.whenIdle(abortGraceMs + 1_000, budget);
    await Promise.all(this.workers.map((worker) => worker.close()));
  }

  private async whenIdle(limitMs: number, budget?: AbortSignal): Promise<void> {
    const end = performance.now() + limitMs;
    while (this.runner && this.runner.running > 0 && performance.now() < end && !budget?.aborted) await sleep(POLL_MS);
  }
}
