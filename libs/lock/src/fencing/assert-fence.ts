import { RookeryError } from '@rookery/core';
import type { DataSource, EntityManager } from 'typeorm';
import { LOCK_MIGRATIONS } from '../lock.schema.js';

/** A holder wrote with a token older than one this resource has seen. Let it roll the transaction back. */
export class StaleFenceError extends RookeryError {
  constructor(
    readonly resource: string,
    readonly token: number,
  ) {
    super(
      'ROOKERY_STALE_FENCE',
      `A write to "${resource}" with fencing token ${token} came too late: a newer holder has written since. Roll back and drop the work; the newer holder does it.`,
    );
  }
}

/**
 * Refuses the write of a holder whose lock has meanwhile gone to somebody else. Call it inside the transaction of the
 * write: it records the token for the resource and locks that row until the commit, so the check cannot grow stale.
 * PostgreSQL.
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
export async function assertFence(manager: EntityManager, resource: string, token: number): Promise<void> {
  await ensureTable(manager.connection);
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

async function ensureTable(dataSource: DataSource): Promise<void> {
  if (ready.has(dataSource)) return;
  const { runMigrations } = await import('@rookery/core/postgres');
  await runMigrations(dataSource, 'lock', LOCK_MIGRATIONS, true);
  ready.add(dataSource);
}
