import type { TransactionManager } from '@rookery/core';
import type { DataSource } from 'typeorm';
import { COMPLETION_MIGRATIONS } from './workers.schema.js';
import { RunAlreadyDoneError } from './workers.errors.js';

/** A second attempt comes seconds after the first; whoever is later than a day has long been told. */
const COMPLETE = `
with old as (delete from rookery.worker_completions where task = $1 and slot < $2::bigint - 86400000)
insert into rookery.worker_completions (task, slot) values ($1, $2) on conflict do nothing returning slot`;

/** See `WorkerRun.completeIn`. */
export async function completeIn(manager: TransactionManager, task: string, name: string, slot: number): Promise<void> {
  await ensureTable(manager.connection as DataSource);
  const rows = await manager.query<unknown[]>(COMPLETE, [task, slot]);
  if (rows.length === 0) throw new RunAlreadyDoneError(name, slot);
}

/** Which databases are known to have the table; keyed by the app's own object, so two apps never meet here. */
const ready = new WeakSet<DataSource>();

async function ensureTable(dataSource: DataSource): Promise<void> {
  if (ready.has(dataSource)) return;
  const { runMigrations } = await import('@rookery/core/postgres');
  await runMigrations(dataSource, 'worker-completions', COMPLETION_MIGRATIONS, true);
  ready.add(dataSource);
}
