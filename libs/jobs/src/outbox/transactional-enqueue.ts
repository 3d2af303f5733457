import { afterCommit, InvalidInputError, type TransactionManager } from '@rookery/core';
import type { JobsBackends } from '../jobs.backends.js';
import type { NewJob } from '../jobs.driver.js';
import type { AppDataSources } from './data-sources.js';
import type { Outbox } from './outbox.js';

/** Makes an enqueue part of the caller's transaction, whatever the store of the queue is. */
export class TransactionalEnqueue {
  private outbox: Promise<Outbox> | undefined;

  constructor(
    private readonly backends: JobsBackends,
    private readonly dataSources: AppDataSources,
  ) {}

  /** Delivers what other replicas have left in the outbox. */
  async start(): Promise<void> {
    const sources = this.dataSources.all();
    if (sources.length > 0 && this.backends.all.some(({ kind }) => kind === 'redis'))
      (await this.outboxes()).watch(sources);
  }

  async close(): Promise<void> {
    await (await this.outbox)?.close();
  }

  async add(manager: TransactionManager, jobs: NewJob[]): Promise<string[]> {
    if (!manager.queryRunner?.isTransactionActive) {
      throw new InvalidInputError(
        'The manager',
        'outside a transaction',
        'the one that dataSource.transaction() hands to its callback',
      );
    }
    const { queue } = jobs[0];
    const driver = this.backends.driverOf(queue);
    if (this.backends.backendOf(queue).kind === 'memory') {
      // The process that forgets the job when it ends is the one that commits: nothing is lost by the gap.
      afterCommit(manager, () => driver.add(jobs));
      return jobs.map(({ id }) => id);
    }
    return (await driver.addIn?.(manager, jobs)) ?? (await this.outboxes()).add(manager, jobs);
  }

  private outboxes(): Promise<Outbox> {
    return (this.outbox ??= import('./outbox.js').then(
      ({ Outbox }) => new Outbox(this.backends.main.namespace, (jobs) => this.deliver(jobs)),
    ));
  }

  private async deliver(jobs: readonly NewJob[]): Promise<void> {
    for (const backend of this.backends.all) {
      const part = jobs.filter(({ queue }) => this.backends.backendOf(queue) === backend);
      if (part.length > 0) await this.backends.driverOf(part[0].queue).add(part, { once: true });
    }
  }
}
