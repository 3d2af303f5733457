import type { Pool } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Backend } from '../../backend.js';
import { ConnectionCount } from '../../connection-count.js';
import { withDeadline, type CallOptions } from '../../deadline.js';
import { checkNamespace } from '../../key.js';
import { BackendUnavailableError, ClosedError, InvalidInputError } from '../../rookery.error.js';
import { PostgresBus } from './postgres.bus.js';
import { runMigrations } from './postgres.migrations.js';

/** Options of `postgres()`. Give one of `url` and `dataSource`. */
export interface PostgresBackendOptions {
  /** @example 'postgres://app:secret@db.internal:5432/shop' */
  url?: string;
  /** The app's own TypeORM DataSource (type `postgres`). It is used, and closed only if this backend initialized it. */
  dataSource?: DataSource;
  /** Keeps apps that share a database apart. @default 'rookery' */
  namespace?: string;
  /** Connections of the pool made from `url`. @default 10 */
  poolSize?: number;
  /** Where to LISTEN and keep jobs when `url` leads through a PgBouncer in transaction mode: the server itself. */
  listenUrl?: string;
  /** Whether the schema is brought up to date at boot. With `false` a missing migration stops the boot. @default true */
  migrate?: boolean;
  /** Milliseconds that the first connection may take. @default 5000 */
  connectTimeoutMs?: number;
}

/** What a statement gave back. */
export interface PostgresResult<Row> {
  rows: Row[];
  /** Rows read or changed. */
  rowCount: number;
}

/** The backend for a cluster that has a PostgreSQL and no Redis. */
export interface PostgresBackend extends Backend {
  readonly kind: 'postgres';
  readonly bus: PostgresBus;
  /** The way past a pooler, for what needs a session of its own: LISTEN, a search path. */
  readonly listenUrl: string | undefined;
  /** Whether the schema is brought up to date at boot. */
  readonly migrates: boolean;
  /** @throws ClosedError before `open` and after the last `close` */
  readonly dataSource: DataSource;
  /** The pg pool behind the DataSource, for what TypeORM cannot do (LISTEN, BullMQ). */
  readonly pool: Pool;
  /** One statement on any pooled connection. */
  query<Row = Record<string, unknown>>(
    sql: string,
    parameters?: unknown[],
    options?: CallOptions,
  ): Promise<PostgresResult<Row>>;
  /**
   * Brings the tables of one module up to date: statement lists are applied once, in order, under an advisory lock, so
   * that replicas may boot together. Add to the end; never change what has been released.
   *
   * @throws MigrationsMissingError with `migrate: false` when something is missing
   */
  migrate(module: string, migrations: readonly string[]): Promise<void>;
}

/**
 * The PostgreSQL backend, on TypeORM and pg.
 *
 * @throws InvalidInputError when the options name no server
 * @example ClusterModule.forRoot({ backend: postgres({ url: 'postgres://app:secret@localhost:5432/shop' }) })
 */
export function postgres(options: PostgresBackendOptions): PostgresBackend {
  return new TypeOrmBackend(options);
}

class TypeOrmBackend implements PostgresBackend {
  readonly kind = 'postgres';
  readonly namespace: string;
  readonly address: string;
  readonly bus: PostgresBus;
  readonly listenUrl: string | undefined;
  readonly migrates: boolean;
  private current: DataSource | undefined;
  private initializedHere = false;
  private readonly users = new ConnectionCount(
    () => this.connect(),
    () => this.disconnect(),
  );

  constructor(private readonly given: PostgresBackendOptions) {
    this.namespace = checkNamespace(given.namespace ?? 'rookery');
    this.address = addressOf(given);
    this.listenUrl = given.listenUrl;
    this.migrates = given.migrate ?? true;
    this.bus = new PostgresBus(this);
  }

  get dataSource(): DataSource {
    if (!this.current?.isInitialized) throw new ClosedError(`The Postgres backend (${this.address})`);
    return this.current;
  }

  get pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }

  open = () => this.users.open();
  close = () => this.users.close();

  async query<Row>(sql: string, parameters: unknown[] = [], options?: CallOptions): Promise<PostgresResult<Row>> {
    const { rows, rowCount } = await withDeadline('A Postgres statement', this.pool.query(sql, parameters), options);
    return { rows: rows as Row[], rowCount: rowCount ?? 0 };
  }

  async now(options?: CallOptions): Promise<number> {
    const { rows } = await this.query<{ ms: string }>(
      'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as ms',
      [],
      options,
    );
    return Number(rows[0].ms);
  }

  async migrate(module: string, migrations: readonly string[]): Promise<void> {
    await runMigrations(this.dataSource, module, migrations, this.migrates);
  }

  private async connect(): Promise<void> {
    const dataSource = this.given.dataSource ?? new DataSource(ownOptions(this.given));
    try {
      if (!dataSource.isInitialized) {
        await withDeadline('Connecting to Postgres', dataSource.initialize(), {
          deadlineMs: this.given.connectTimeoutMs ?? 5_000,
        });
        this.initializedHere = true;
      }
      this.current = dataSource;
    } catch (error) {
      throw new BackendUnavailableError(this.address, error);
    }
    await this.migrate('core', BUS_MIGRATIONS);
  }

  private async disconnect(): Promise<void> {
    await this.bus.close();
    const dataSource = this.current;
    this.current = undefined;
    if (this.initializedHere && dataSource?.isInitialized)
      await withDeadline('Closing the pool', dataSource.destroy()).catch(() => undefined);
    this.initializedHere = false;
  }
}

/** Far above every deadline, and what a migration may take. */
const SILENT_FOR_MS = 15_000;

const BUS_MIGRATIONS = [
  `create unlogged table rookery.bus_messages (
     id bigint generated always as identity primary key, body text not null, sent_at timestamptz not null default now())`,
  // Publishes within the caller's transaction. The payloads are those of PostgresOutbound.
  `create function rookery.bus_notify(channel text, message text) returns void language plpgsql as $$
   declare body_id bigint;
   begin
     if octet_length(message) <= 7000 then
       perform pg_notify(channel, '0=' || message);
     else
       delete from rookery.bus_messages where sent_at < now() - interval '1 minute';
       insert into rookery.bus_messages (body) values (message) returning id into body_id;
       perform pg_notify(channel, '@' || body_id);
     end if;
   end $$`,
];

function ownOptions({ url, poolSize = 10, connectTimeoutMs = 5_000 }: PostgresBackendOptions): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    poolSize,
    connectTimeoutMS: connectTimeoutMs,
    applicationName: 'rookery',
    installExtensions: false,
    logging: false,
    // A connection that breaks while idle is replaced by the pool; the error is not ours to report.
    poolErrorHandler: () => undefined,
    // A connection whose statement stays without an answer for long is dead, and its slot needed.
    extra: { keepAlive: true, query_timeout: SILENT_FOR_MS },
  };
}

function addressOf({ url, dataSource }: PostgresBackendOptions): string {
  if (dataSource) {
    if (dataSource.options.type !== 'postgres') {
      throw new InvalidInputError(
        'The dataSource of postgres()',
        `of type ${dataSource.options.type}`,
        'of type "postgres"',
      );
    }
    const { host = 'localhost', port = 5432, database, url: ownUrl } = dataSource.options;
    return ownUrl ? maskedUrl(ownUrl) : `postgres://${host}:${port}/${String(database ?? '')}`;
  }
  if (url) return maskedUrl(url);
  throw new InvalidInputError(
    'postgres()',
    undefined,
    'given a url or a dataSource, e.g. postgres({ url: "postgres://app@localhost:5432/shop" })',
  );
}

function maskedUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new InvalidInputError(
      'The Postgres url',
      parsed ? `${parsed.protocol}//…` : 'not a url',
      'like postgres://user:password@host:5432/database',
    );
  }
  if (parsed.password) parsed.password = '***';
  return parsed.toString();
}
