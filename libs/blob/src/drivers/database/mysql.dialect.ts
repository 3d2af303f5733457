import type { DataSource } from 'typeorm';
import { MYSQL_TABLES } from './blob.schema.js';
import { plainBytes, typeOrmRun, type Dialect } from './dialect.js';

const DUPLICATE = 1062;

/** MySQL 8 and MariaDB 10.6 or newer. Its server must take packets over 1 MiB (max_allowed_packet; the default is 16 or more). */
export function mysqlDialect(dataSource: DataSource): Dialect {
  const run = typeOrmRun(dataSource);
  return {
    tables: {
      blobs: 'rookery_blobs',
      chunks: 'rookery_blob_chunks',
      generations: 'rookery_blob_generations',
      sweeps: 'rookery_blob_sweeps',
    },
    bytes: plainBytes,
    nowMs: 'floor(unix_timestamp(now(3)) * 1000)',
    inFlight: 4,
    // There is no such clause that would tell us; a plain insert fails, and that leaves the caller's transaction whole.
    orLeave: '',
    orReplace: (columns) =>
      `on duplicate key update ${columns.map((column) => `${column} = values(${column})`).join(', ')}`,
    run: async (sql, parameters, manager) => {
      try {
        return await run(sql, parameters, manager);
      } catch (error) {
        if ((error as { errno?: number }).errno === DUPLICATE) return { rows: [], affected: 0 };
        throw error;
      }
    },
    migrate: async (apply) => {
      if (apply) for (const table of MYSQL_TABLES) await run(table, []);
    },
  };
}
