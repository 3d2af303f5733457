import { afterCommit, InvalidInputError, type TransactionManager } from '@rookery/core';
import { runMigrations } from '@rookery/core/postgres';
import type { DataSource } from 'typeorm';
import type { NewJob } from '../jobs.driver.js';
import { OutboxRelay } from './outbox.relay.js';
import { JOBS_MIGRATIONS } from './outbox.schema.js';

/**
 * Jobs enqueued in a transaction of a database that is not the jobs' own store: they are rows of that transaction until
 * it commits, and are then relayed to the store, by this replica at once or by any other one later.
 */
export class Outbox {
  private readonly relays = new Map<DataSource, OutboxRelay>();
  private readonly ready = new Map<DataSource, Promise<void>>();

  constructor(
    private readonly namespace: string,
    private readonly deliver: (jobs: NewJob[]) => Promise<unknown>,
  ) {}

  /** Keeps delivering what is left in the outbox of these databases, whoever put it there. */
  watch(dataSources: readonly object[]): void {
    for (const dataSource of dataSources) this.relay(dataSource as DataSource);
  }

  async add(manager: TransactionManager, jobs: readonly NewJob[]): Promise<string[]> {
    const connection = manager.connection as DataSource;
    if (connection.options.type !== 'postgres')
      throw new InvalidInputError('The manager', `of a ${connection.options.type} DataSource`, 'of a PostgreSQL one');
    await this.table(connection);
    // First the check that there is a transaction; its commit then wakes the relay, which nobody waits for.
    afterCommit(manager, () => this.relay(connection).wake());
    const rows = jobs.map((_, index) => `($1, $${index + 2})`).join();
    await manager.query(`insert into rookery.jobs_outbox (namespace, job) values ${rows}`, [this.namespace, ...jobs]);
    return jobs.map(({ id }) => id);
  }

  /** Delivers what this replica still can, and stops looking for more. Safe to call twice. */
  async close(): Promise<void> {
    await Promise.all([...this.relays.values()].map((relay) => relay.close()));
  }

  private table(dataSource: DataSource): Promise<void> {
    const ready = this.ready.get(dataSource) ?? runMigrations(dataSource, 'jobs', JOBS_MIGRATIONS, true);
    this.ready.set(dataSource, ready);
    ready.catch(() => this.ready.delete(dataSource));
    return ready;
  }

  private relay(dataSource: DataSource): OutboxRelay {
    const relay = this.relays.get(dataSource) ?? new OutboxRelay(dataSource, this.namespace, this.deliver);
    this.relays.set(dataSource, relay);
    return relay;
  }
}
