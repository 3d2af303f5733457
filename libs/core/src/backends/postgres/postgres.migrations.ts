import type { DataSource } from 'typeorm';
import { RookeryError } from '../../rookery.error.js';

/** The database lacks tables that this version needs, and `migrate: false` forbids to make them. */
export class MigrationsMissingError extends RookeryError {
  constructor(module: string, has: number, needs: number) {
    super(
      'ROOKERY_MIGRATIONS_MISSING',
      `The schema of "${module}" is at version ${has}, but this version of the app needs ${needs}. Run "npx rookery migrate" before it starts, or leave "migrate" on.`,
    );
  }
}

/** One number for the whole suite: modules of one replica migrate in turn, replicas wait for each other. */
const ADVISORY_LOCK = 7_665_739_001;

/**
 * A database that is ahead is fine: migrations only ever add, so version N-1 runs on version N's schema during a
 * rolling deploy.
 */
export async function runMigrations(
  dataSource: DataSource,
  module: string,
  migrations: readonly string[],
  apply: boolean,
): Promise<void> {
  if ((await versionOf(dataSource, module)) >= migrations.length) return;
  if (!apply) throw new MigrationsMissingError(module, await versionOf(dataSource, module), migrations.length);
  await dataSource.transaction(async (manager) => {
    await manager.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
    // A session that looked for the schema before it waited may remember that there was none; reading the catalog by a
    // query makes it look again, which "if not exists" alone does not.
    await manager.query(`select from pg_namespace where nspname = 'rookery'`);
    await manager.query('create schema if not exists rookery');
    await manager.query(
      'create table if not exists rookery.migrations (module text, version int, applied_at timestamptz not null default now(), primary key (module, version))',
    );
    for (let version = (await versionOf(manager, module)) + 1; version <= migrations.length; version++) {
      await manager.query(migrations[version - 1]);
      await manager.query('insert into rookery.migrations (module, version) values ($1, $2)', [module, version]);
    }
  });
}

async function versionOf(connection: Pick<DataSource, 'query'>, module: string): Promise<number> {
  const [{ exists }] = await connection.query<{ exists: boolean }[]>(
    `select to_regclass('rookery.migrations') is not null as exists`,
  );
  if (!exists) return 0;
  const [{ version }] = await connection.query<{ version: number }[]>(
    'select coalesce(max(version), 0) as version from rookery.migrations where module = $1',
    [module],
  );
  return version;
}
