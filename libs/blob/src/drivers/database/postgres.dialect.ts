import type { Pool, PoolClient } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { POSTGRES_MIGRATIONS } from './blob.schema.js';
import type { Dialect } from './dialect.js';

/** PostgreSQL, in schema `rookery`. */
export function postgresDialect(dataSource: DataSource): Dialect {
  // pg itself rather than TypeORM, whose query log would print every chunk.
  const pool = () => (dataSource.driver as unknown as { master: Pool }).master;
  return {
    tables: {
      blobs: 'rookery.blobs',
      chunks: 'rookery.blob_chunks',
      generations: 'rookery.blob_generations',
      sweeps: 'rookery.blob_sweeps',
    },
    // By itself pg gets them in hex: half as much again on the wire, and twice the work to decode.
    bytes: {
      sent: (expression) => `encode(${expression}, 'base64')`,
      received: (value) => Buffer.from(value as string, 'base64'),
    },
    nowMs: 'floor(extract(epoch from clock_timestamp()) * 1000)::bigint',
    inFlight: 4,
    orLeave: 'on conflict do nothing',
    orReplace: (columns) =>
      `on conflict (namespace, container, name) do update set ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    run: async (sql, parameters, manager) => {
      const client = manager ? ((await (manager.queryRunner as QueryRunner).connect()) as PoolClient) : pool();
      const { rows, rowCount } = await client.query<Record<string, unknown>>(numbered(sql), parameters);
      return { rows, affected: rowCount ?? 0 };
    },
    migrate: async (apply) => {
      const { runMigrations } = await import('@rookery/core/postgres');
      await runMigrations(dataSource, 'blob', POSTGRES_MIGRATIONS, apply);
    },
  };
}

function numbered(sql: string): string {
  let count = 0;
  return sql.replaceAll('?', () => `$${++count}`);
}
