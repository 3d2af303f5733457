import { InvalidInputError, type TraceCarrier, type TransactionManager } from '@rookery/core';
import type { Job } from 'bullmq';
import type { ActiveJob } from '../jobs.driver.js';
import type { BullmqConnection } from './bullmq-connection.js';
import type { JobLease } from './job-lease.js';
import { traceOf, type StoredData } from './stored-job.js';

const KEPT_LOGS = 1_000;

/** A bullmq job that this process runs, as the service sees it. */
export class ActiveBullmqJob implements ActiveJob {
  constructor(
    private readonly job: Job<StoredData>,
    private readonly token: string,
    readonly lease: JobLease,
    private readonly connection: BullmqConnection,
  ) {}

  get id(): string {
    return this.job.id!;
  }

  get queue(): string {
    return this.job.queueName;
  }

  get name(): string {
    return this.job.name;
  }

  get args(): unknown {
    return this.job.data.args;
  }

  get attempt(): number {
    return this.job.attemptsMade + 1;
  }

  get maxAttempts(): number {
    return this.job.opts.attempts ?? 1;
  }

  get crashes(): number {
    return this.job.stalledCounter;
  }

  get scheduledAt(): number {
    return this.job.timestamp + (this.job.opts.delay ?? 0);
  }

  get steps(): Readonly<Record<string, unknown>> {
    return this.job.data.steps ?? {};
  }

  get trace(): TraceCarrier | undefined {
    return traceOf(this.job);
  }

  progress(value: unknown): Promise<void> {
    return this.job.updateProgress(value as object);
  }

  async log(line: string): Promise<void> {
    this.job.opts.keepLogs = KEPT_LOGS;
    await this.job.log(line);
  }

  saveSteps(steps: Readonly<Record<string, unknown>>): Promise<void> {
    return this.job.updateData({ ...this.job.data, steps });
  }

  async childResults(): Promise<{ queue: string; id: string; result: unknown }[]> {
    const values = await this.job.getChildrenValues<unknown>();
    return Object.entries(values).map(([key, result]) => {
      const [queue, id] = key.split(':').slice(-2);
      return { queue, id, result };
    });
  }

  async completeIn(manager: TransactionManager, result: unknown): Promise<void> {
    const backend = await this.connection.transactional(this.queue, manager);
    if (!backend)
      throw new InvalidInputError(
        'The manager of ctx.completeIn()',
        'of another store than the job',
        'of the Postgres database that the jobs are kept in',
      );
    // Only a store that is swept takes part in transactions: here is nothing to forget.
    await backend.moveToCompleted(this.job, result, false, this.token, false);
  }
}
