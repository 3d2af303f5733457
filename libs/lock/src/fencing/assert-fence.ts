import { checkName, withDeadline, type TransactionManager } from '@rookery/core';
import type { DataSource } from 'typeorm';
import { LOCK_MIGRATIONS } from '../lock.schema.js';
import { StaleFenceError } from './fence.errors.js';

/**
 * Refuses the write of a holder whose lock has meanwhile gone to somebody else. Call it inside the transaction of the
 * write: it records the token for the resource and locks that row until the commit, so the check cannot grow stale.
 * PostgreSQL. One statement; the first call on a DataSource looks whether the table is there, and makes it if not.
 *
 * Technique: fencing tokens, M. Kleppmann, "How to do distributed locking" (2016).
 *
 * @param manager the EntityManager of the running transaction
 * @param resource what is protected, usually the lock's key
 * @throws StaleFenceError when a newer token has been seen
 * @example
 * await dataSource.transaction(async (manager) => {
 *   await assertFence(manager, 'invoice:42', lock.fencingToken);
 *   await manager.save(invoice);
 * });
 */
export async function assertFence(manager: TransactionManager, resource: string, token: number): Promise<void> {
  checkName('The fenced resource', resource);
  await ensureTable(manager);
  const rows = await manager.query<unknown[]>(
    `insert into rookery.fences as seen (resource, token) values ($1, $2)
     on conflict (resource) do update set token = excluded.token where seen.token <= excluded.token
     returning token`,
    [resource, token],
  );
  if (rows.length === 0) throw new StaleFenceError(resource, token);
}

/** Which databases are known to have the table; keyed by the app's own object, so two apps never meet here. */
const ready = new WeakSet<DataSource>();

/** Looks through the caller's own connection: a pool of one has no other. */
async function ensureTable(manager: TransactionManager): Promise<void> {
  const dataSource = manager.connection as DataSource;
  if (ready.has(dataSource)) return;
  const [{ exists }] = await manager.query<{ exists: boolean }[]>(
    `select to_regclass('rookery.fences') is not null as exists`,
  );
  if (!exists) {
    const { runMigrations } = await import('@rookery/core/postgres');
    const made = runMigrations(dataSource, 'lock', LOCK_MIGRATIONS, true);
    await withDeadline('Making the table rookery.fences on a second connection of the pool', made, {
      deadlineMs: 10_000,
    });
  }
  ready.add(dataSource);
}
