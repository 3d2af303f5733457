import { abortable, InvalidInputError, type TransactionManager } from '@rookery/core';
import type { EntityManager, QueryRunner } from 'typeorm';
import type { Holding } from './lease.js';
import { LockTimeoutError } from './lock.errors.js';
import type { LockRequest } from './lock.options.js';

/** PostgreSQL's code for a lock that was not granted within lock_timeout. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Takes PostgreSQL advisory locks in the caller's own transaction; they end with it. Costs one statement per key while
 * nobody is in the way, and needs no table.
 */
export async function lockInTransaction(
  namespace: string,
  request: LockRequest & { transaction: TransactionManager },
): Promise<{ token: number; holding: Holding }> {
  const { keys, mode, label } = request;
  const manager = request.transaction as EntityManager;
  const { queryRunner } = manager;
  if (!queryRunner?.isTransactionActive)
    throw new InvalidInputError(
      `transaction of lock "${label}"`,
      'no running one',
      'the manager that dataSource.transaction() hands to its callback',
    );
  if (mode === 'permits')
    throw new InvalidInputError(`permits of lock "${label}"`, request.permits, 'left out with `transaction`');
  const until = performance.now() + request.waitMs;
  let token = 0;
  for (const key of keys)
    token = await new AdvisoryLock(manager, `rookery:${namespace}:lock:${key}`, mode === 'shared').take(until, request);
  return { token, holding: new TransactionHolding(queryRunner) };
}

class AdvisoryLock {
  private readonly suffix: string;

  constructor(
    private readonly manager: EntityManager,
    private readonly name: string,
    shared: boolean,
  ) {
    this.suffix = shared ? 'xact_lock_shared' : 'xact_lock';
  }

  /** Answers the time of the grant in microseconds. */
  async take(until: number, { signal, waitMs, label }: LockRequest): Promise<number> {
    const [{ taken, now }] = await this.call<{ taken: boolean; now: number }>('pg_try_advisory_', 'taken', signal);
    if (taken) return now;
    const leftMs = Math.floor(until - performance.now());
    const granted = leftMs > 0 ? await this.wait(leftMs, signal) : undefined;
    if (granted === undefined) throw new LockTimeoutError(label, waitMs);
    return granted;
  }

  /** Within a savepoint, since a lock_timeout would spoil the caller's transaction. */
  private async wait(leftMs: number, signal?: AbortSignal): Promise<number | undefined> {
    const { manager } = this;
    const [{ before }] = await manager.query<{ before: string }[]>(`select current_setting('lock_timeout') as before`);
    await manager.query('savepoint rookery_lock');
    try {
      await manager.query(`select set_config('lock_timeout', $1, true)`, [String(leftMs)]);
      const [{ now }] = await this.call<{ now: number }>('pg_advisory_', 'nothing', signal);
      await manager.query(`select set_config('lock_timeout', $1, true)`, [before]);
      await manager.query('release savepoint rookery_lock');
      return now;
    } catch (error) {
      if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
      await manager.query('rollback to savepoint rookery_lock');
      return undefined;
    }
  }

  private call<Row>(verb: string, column: string, signal?: AbortSignal): Promise<Row[]> {
    const now = 'floor(extract(epoch from clock_timestamp()) * 1000000)::float8 as now';
    const sql = `select ${verb}${this.suffix}(hashtextextended($1, 0)) as ${column}, ${now}`;
    return abortable(this.manager.query<Row[]>(sql, [this.name]), signal);
  }
}

/** Held until the transaction ends; there is no lease to renew or lose. */
class TransactionHolding implements Holding {
  readonly signal = new AbortController().signal;
  readonly lostBecause = undefined;

  constructor(private readonly queryRunner: QueryRunner) {}

  get held(): boolean {
    return this.queryRunner.isTransactionActive && !this.queryRunner.isReleased;
  }

  async renew(): Promise<void> {}

  /** PostgreSQL gives such a lock back at the end of the transaction, not before. */
  async end(): Promise<boolean> {
    return false;
  }
}
