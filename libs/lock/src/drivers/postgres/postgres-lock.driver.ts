import type { PostgresBackend } from '@rookery/core/postgres';
import { modeOf, ruleOf } from '../../lock-rule.js';
import type { LockAnswer, LockDriver, LockGrant, LockHolder, LockRecord } from '../../lock.driver.js';
import { LOCK_MIGRATIONS } from '../../lock.schema.js';

/**
 * The short way for the usual case, one key held alone. Whoever is in line was handed the key by the release, so a key
 * that this finds free has nobody waiting.
 */
const TAKE = `
insert into rookery.locks as held (namespace, key, owner, token, expires_at)
values ($1, $2, $3, extract(epoch from clock_timestamp()) * 1000000, clock_timestamp() + $4 * interval '1 ms')
on conflict (namespace, key) do update
   set owner = excluded.owner, rule = 'exclusive', expires_at = clock_timestamp() + $4 * interval '1 ms',
       token = greatest(held.token + 1, excluded.token)
 where held.owner = excluded.owner or held.expires_at <= clock_timestamp()
returning token`;

const EXTEND = `
update rookery.locks set expires_at = clock_timestamp() + $4 * interval '1 ms'
 where namespace = $1 and key = $2 and owner = $3 and expires_at > clock_timestamp()`;

const INSPECT = `
select coalesce(locks.owner, members.owner) as owner, rule, coalesce(weight, 1) as weight,
       coalesce(members.token, locks.token)::float8 as token,
       extract(epoch from coalesce(members.expires_at, locks.expires_at) - clock_timestamp())::float8 * 1000
         as "expiresInMs",
       (select count(*)::int from rookery.lock_line where (namespace, key) = ($1, $2)) as waiters
  from rookery.locks left join rookery.lock_members as members
    on locks.owner is null and (locks.namespace, locks.key) = (members.namespace, members.key)
 where (locks.namespace, locks.key) = ($1, $2) and locks.expires_at > clock_timestamp()
   and (locks.owner is not null or members.expires_at > clock_timestamp())`;

const LIST = `
select key from rookery.locks
 where namespace = $1 and starts_with(key, $2) and expires_at > clock_timestamp()
 order by key collate "C" limit $3`;

/** A key's row remembers its last token. The clock alone makes the next one larger, so that memory may end. */
const SWEEP = `
with unused as (
  select namespace, key from rookery.locks
   where token < extract(epoch from clock_timestamp() - interval '1 day') * 1000000 and expires_at < clock_timestamp()
   limit 10000 for update skip locked)
delete from rookery.locks using unused where (locks.namespace, locks.key) = (unused.namespace, unused.key);
delete from rookery.lock_members where expires_at < clock_timestamp() - interval '1 day';
delete from rookery.lock_line where seen_at < clock_timestamp() - interval '1 day'`;
const SWEEP_EVERY_MS = 3_600_000;

type Inspected = LockHolder & { rule: string; waiters: number };

/** Locks as rows with leases: no session is tied to a lock, so it works behind PgBouncer. */
export class PostgresLockDriver implements LockDriver {
  /** A pool sends what is asked at once over several connections. */
  readonly inOrder = false;
  private sweeps: NodeJS.Timeout | undefined;

  constructor(private readonly backend: PostgresBackend) {}

  async open(): Promise<void> {
    await this.backend.open();
    await this.backend.migrate('lock', LOCK_MIGRATIONS);
    this.sweep();
    this.sweeps = setInterval(() => this.sweep(), SWEEP_EVERY_MS).unref();
  }

  close(): Promise<void> {
    clearInterval(this.sweeps);
    return this.backend.close();
  }

  async acquire(grant: LockGrant, waitedMs?: number): Promise<LockAnswer> {
    const { keys, owner, ttlMs, weight } = grant;
    if (isSimple(grant) && !waitedMs) {
      const [taken] = await this.rows<{ token: string }>(TAKE, [keys[0], owner, ttlMs]);
      if (taken) return { status: 'granted', token: Number(taken.token), wake: [] };
    }
    const waited = waitedMs === undefined ? -1 : Math.round(waitedMs);
    const [answer] = await this.rows<{
      status: LockAnswer['status'];
      token: string;
      at_key: string;
      in_use: string;
      wake: string[];
    }>('select * from rookery.lock_acquire($1, $2, $3, $4, $5, $6, $7)', [
      keys,
      owner,
      ttlMs,
      ruleOf(grant),
      weight,
      waited,
    ]);
    const { status, wake } = answer;
    if (status === 'granted') return { status, token: Number(answer.token), wake };
    return status === 'mismatch' ? { status, key: answer.at_key, inUse: answer.in_use, wake } : { status, wake };
  }

  async extend(grant: LockGrant, heir = grant.owner): Promise<boolean> {
    const { keys, owner, ttlMs, weight } = grant;
    const { namespace } = this.backend;
    if (isSimple(grant) && heir === owner)
      return (await this.backend.query(EXTEND, [namespace, keys[0], owner, ttlMs])).rowCount === 1;
    const sql = 'select rookery.lock_extend($1, $2, $3, $4, $5, $6, $7) as held';
    const [{ held }] = await this.rows<{ held: boolean }>(sql, [keys, owner, ttlMs, ruleOf(grant), weight, heir]);
    return held;
  }

  async release({ keys, owner }: LockGrant): Promise<{ released: boolean; wake: string[] }> {
    const sql = 'select * from rookery.lock_release($1, $2, $3)';
    const [outcome] = await this.rows<{ released: boolean; wake: string[] }>(sql, [keys, owner]);
    return outcome;
  }

  async inspect(key: string): Promise<LockRecord | null> {
    const found = await this.rows<Inspected>(INSPECT, [key]);
    if (found.length === 0) return null;
    const holders = found.map(({ owner, weight, token, expiresInMs }) => ({ owner, weight, token, expiresInMs }));
    return { key, ...modeOf(found[0].rule), holders, waiters: found[0].waiters };
  }

  async list(prefix: string, limit: number): Promise<string[]> {
    return (await this.rows<{ key: string }>(LIST, [prefix, limit])).map(({ key }) => key);
  }

  /** Every parameter list begins with the namespace. */
  private async rows<Row>(sql: string, parameters: unknown[]): Promise<Row[]> {
    return (await this.backend.query<Row>(sql, [this.backend.namespace, ...parameters])).rows;
  }

  private sweep(): void {
    this.backend.query(SWEEP).catch(() => undefined);
  }
}

const isSimple = ({ mode, keys }: LockGrant) => mode === 'exclusive' && keys.length === 1;
