import { checkNamespace, InvalidInputError } from '@rookery/core';
import type { DataSource } from 'typeorm';
import type { BlobDriverSource } from '../../blob.driver.js';
import { NoBlobDriverError } from '../../blob.errors.js';
import { DatabaseBlobDriver } from './database-blob.driver.js';
import type { Dialect } from './dialect.js';
import { mysqlDialect } from './mysql.dialect.js';
import { postgresDialect } from './postgres.dialect.js';
import { sqliteDialect } from './sqlite.dialect.js';

/** Options of `databaseBlobs()`. */
export interface DatabaseBlobsOptions {
  /** PostgreSQL, MySQL, MariaDB or SQLite. @default the app's own, as TypeOrmModule provides it */
  dataSource?: DataSource;
  /** Keeps apps that share a database apart. @default 'rookery' */
  namespace?: string;
  /** Whether the tables are made at boot. @default true */
  migrate?: boolean;
}

/**
 * Blobs in the database that the app has already: one backup for everything, and `put` can be part of a transaction. Any
 * size streams in chunks of 1 MiB.
 *
 * @throws InvalidInputError at boot for other kinds of databases
 * @example BlobModule.forRoot({ driver: databaseBlobs() })
 */
export function databaseBlobs(options: DatabaseBlobsOptions = {}): BlobDriverSource {
  const namespace = checkNamespace(options.namespace ?? 'rookery');
  return {
    kind: 'database',
    create: async (host) => {
      const dataSource = options.dataSource ?? ((await host.dataSource()) as DataSource | undefined);
      if (!dataSource) throw new NoBlobDriverError('default');
      return new DatabaseBlobDriver(dataSource, dialectOf(dataSource), namespace, options.migrate ?? true);
    },
  };
}

function dialectOf(dataSource: DataSource): Dialect {
  const { type } = dataSource.options;
  if (type === 'postgres') return postgresDialect(dataSource);
  if (type === 'mysql' || type === 'mariadb') return mysqlDialect(dataSource);
  if (type === 'better-sqlite3' || type === 'sqljs') return sqliteDialect(dataSource);
  throw new InvalidInputError(
    'The DataSource of databaseBlobs()',
    `of type ${type}`,
    'of type postgres, mysql, mariadb, better-sqlite3 or sqljs',
  );
}
