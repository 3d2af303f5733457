import type { PostgresBackend } from '@rookery/core/postgres';
import type { LockDriver, LockGrant } from '../../lock.driver.js';
import { LOCK_MIGRATIONS } from '../../lock.schema.js';

// clock_timestamp(), not now(): a statement that waited for a row must not judge by the time it began to wait.
const ACQUIRE = `
insert into rookery.locks as held (namespace, key, owner, token, expires_at)
values ($1, $2, $3, extract(epoch from clock_timestamp()) * 1000000, clock_timestamp() + $4 * interval '1 ms')
on conflict (namespace, key) do update
   set owner = excluded.owner, expires_at = clock_timestamp() + $4 * interval '1 ms',
       token = greatest(held.token + 1, excluded.token)
 where held.owner = excluded.owner or held.expires_at <= clock_timestamp()
returning token`;

const EXTEND = `
update rookery.locks set expires_at = clock_timestamp() + $4 * interval '1 ms'
 where namespace = $1 and key = $2 and owner = $3 and expires_at > clock_timestamp()`;

/** The row stays, because it remembers the last token. */
const RELEASE = `
update rookery.locks set expires_at = '-infinity'
 where namespace = $1 and key = $2 and owner = $3 and expires_at > clock_timestamp()`;

/** Locks as rows with a lease: no session is tied to a lock, so it works behind PgBouncer. */
export class PostgresLockDriver implements LockDriver {
  constructor(private readonly backend: PostgresBackend) {}

  async open(): Promise<void> {
    await this.backend.open();
    await this.backend.migrate('lock', LOCK_MIGRATIONS);
  }

  close(): Promise<void> {
    return this.backend.close();
  }

  async acquire({ key, owner, ttlMs }: LockGrant): Promise<number | null> {
    const { rows } = await this.backend.query<{ token: string }>(ACQUIRE, [this.backend.namespace, key, owner, ttlMs]);
    return rows.length === 0 ? null : Number(rows[0].token);
  }

  async extend({ key, owner, ttlMs }: LockGrant): Promise<boolean> {
    return (await this.backend.query(EXTEND, [this.backend.namespace, key, owner, ttlMs])).rowCount === 1;
  }

  async release(key: string, owner: string): Promise<boolean> {
    return (await this.backend.query(RELEASE, [this.backend.namespace, key, owner])).rowCount === 1;
  }
}
