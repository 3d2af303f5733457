import { asBuffer } from '../../transfer/chunks.js';
import type { TransactionManager } from '@rookery/core';
import type { DataSource, QueryRunner } from 'typeorm';

/** What a statement gave back. */
export interface SqlResult {
  rows: Record<string, unknown>[];
  /** Rows written or removed. */
  affected: number;
}

/** Runs a statement with `?` for its parameters, on any connection of the pool or in the caller's transaction. */
export type RunSql = (sql: string, parameters: unknown[], manager?: TransactionManager) => Promise<SqlResult>;

/** Where one kind of database differs from the others. */
export interface Dialect {
  readonly tables: { blobs: string; chunks: string; generations: string; sweeps: string };
  /** An expression: milliseconds since the epoch, by the database's clock. */
  readonly nowMs: string;
  /** Chunks sent at the same time. A connection that all share takes one. */
  readonly inFlight: number;
  /** What follows an insert to leave a row alone that is there already. */
  readonly orLeave: string;
  /** What follows an insert to replace these columns of a row that is there already. */
  orReplace(columns: readonly string[]): string;
  /** An expression of bytes as they are best sent, and the bytes out of what arrives. */
  readonly bytes: { sent(expression: string): string; received(value: unknown): Buffer };
  run: RunSql;
  /** Makes the tables, or throws when `apply` is false and they are missing. */
  migrate(apply: boolean): Promise<void>;
}

/** Bytes that the database's client hands over as such. */
export const plainBytes: Dialect['bytes'] = {
  sent: (expression) => expression,
  received: (value) => asBuffer(value as Uint8Array),
};

/** Runs a statement by TypeORM's own means. */
export function typeOrmRun(dataSource: DataSource): RunSql {
  return async (sql, parameters, manager) => {
    const runner = (manager?.queryRunner as QueryRunner | undefined) ?? dataSource.createQueryRunner();
    try {
      const { raw, records, affected } = await runner.query(sql, parameters, true);
      const rows = records ?? (Array.isArray(raw) ? raw : []);
      return { rows: rows as Record<string, unknown>[], affected: affected ?? 0 };
    } finally {
      if (!manager) await runner.release();
    }
  };
}
