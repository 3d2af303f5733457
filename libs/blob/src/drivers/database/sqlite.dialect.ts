import type { DataSource } from 'typeorm';
import { SQLITE_TABLES } from './blob.schema.js';
import { plainBytes, typeOrmRun, type Dialect } from './dialect.js';

/** SQLite 3.35 or newer (TypeORM's `better-sqlite3` and `sqljs`): one process. */
export function sqliteDialect(dataSource: DataSource): Dialect {
  const run = typeOrmRun(dataSource);
  return {
    tables: {
      blobs: 'rookery_blobs',
      chunks: 'rookery_blob_chunks',
      generations: 'rookery_blob_generations',
      sweeps: 'rookery_blob_sweeps',
    },
    bytes: plainBytes,
    nowMs: `cast((julianday('now') - 2440587.5) * 86400000 as integer)`,
    inFlight: 1,
    orLeave: 'on conflict do nothing',
    orReplace: (columns) =>
      `on conflict (namespace, container, name) do update set ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    run,
    migrate: async (apply) => {
      if (apply) for (const table of SQLITE_TABLES) await run(table, []);
    },
  };
}
