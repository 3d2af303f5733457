import { createHash } from 'node:crypto';
import { withDeadline, type TransactionManager } from '@rookery/core';
import { MigrationsMissingError, type PostgresBackend } from '@rookery/core/postgres';
import {
  assertSchemaCompatibility,
  LATEST_SCHEMA_VERSION,
  PostgresConnection,
  PostgresQueueBackend,
  runMigrations,
  SchemaMigrationRequiredError,
  type IQueueBackend,
} from 'bullmq';
import { Pool, type PoolConfig } from 'pg';
import { StoreClock } from '../../bullmq/store-clock.js';
import { onStoreTime } from '../../bullmq/store-time.js';
import { BullmqConnection, type AnyBackendFactory } from '../../bullmq/bullmq-connection.js';
import type { Retention } from '../../jobs.driver.js';
import { forgetFinished } from './forget-finished.js';
import { SharedListener } from './shared-listener.js';

/** The same for two connections only if they lead to one database of one server. */
const DATABASE_ID = `
select oid || ' ' || extract(epoch from pg_postmaster_start_time()) as id from pg_database where datname = current_database()`;

/**
 * bullmq on PostgreSQL, in a schema of the namespace's own. Its statements rely on the search path, hence the pool of its
 * own; all workers of a process share one connection that listens.
 */
export class PostgresBullmqConnection extends BullmqConnection {
  readonly prefix = undefined;
  readonly idlePollMs = 5_000;
  readonly clock: StoreClock;
  readonly schema: string;
  private pool: Pool | undefined;
  private listener: SharedListener | undefined;
  private opened: Promise<void> | undefined;
  private readonly sharing = new WeakMap<object, boolean>();

  constructor(private readonly store: PostgresBackend) {
    super();
    this.schema = schemaOf(store.namespace);
    this.clock = new StoreClock(() => store.now());
  }

  readonly backend: AnyBackendFactory = (name, options) => {
    const connection = new PostgresConnection(this.shape() as never);
    // With a pool of ours, bullmq would look for its tables in its default schema.
    Object.assign(connection, { schema: this.schema });
    const backend: IQueueBackend = new PostgresQueueBackend(connection, name, options as never);
    return onStoreTime(backend, this.clock) as ReturnType<AnyBackendFactory>;
  };

  /**
   * bullmq looks for what to forget with each job that ends: half of what a job costs, and jobs that end at the same time
   * delete the same rows, in the way of each other.
   */
  override readonly forgetFinished = (queue: string, keep: Record<'completed' | 'failed', Retention>) =>
    forgetFinished(this.pool!, queue, keep);

  open(): Promise<void> {
    return (this.opened ??= this.connect());
  }

  async close(): Promise<void> {
    if (!this.opened) return;
    this.opened = undefined;
    this.clock.close();
    await this.listener?.close();
    if (this.pool) await withDeadline('Closing the pool', this.pool.end()).catch(() => undefined);
    this.pool = this.listener = undefined;
    await this.store.close();
  }

  async transactional(queue: string, manager: TransactionManager): Promise<IQueueBackend | undefined> {
    if (!(await this.shares(manager))) return undefined;
    const connection = {
      schema: this.schema,
      isClosing: false,
      waitUntilReady: async () => undefined,
      pool: { query: async (sql: string, values?: unknown[]) => ({ rows: await this.queryIn(manager, sql, values) }) },
    };
    return new PostgresQueueBackend(connection as unknown as PostgresConnection, queue, { connection: {} }, false);
  }

  /** Whether a transaction is in the very database that the jobs are kept in. */
  private async shares(manager: TransactionManager): Promise<boolean> {
    const { connection } = manager;
    if (connection === this.store.dataSource) return true;
    const known = this.sharing.get(connection);
    if (known !== undefined) return known;
    const [{ id: theirs }] = await manager.query<{ id: string }[]>(DATABASE_ID);
    const { rows } = await this.store.query<{ id: string }>(DATABASE_ID);
    this.sharing.set(connection, theirs === rows[0].id);
    return theirs === rows[0].id;
  }

  /** bullmq's statements call its functions by bare name; the caller's transaction has a search path of its own. */
  private queryIn(manager: TransactionManager, sql: string, values?: unknown[]): Promise<unknown[]> {
    const qualified = sql.replace(/\b(add_\w+|move_\w+|collect_metrics)\(/g, `"${this.schema}".$1(`);
    return manager.query(qualified, values);
  }

  private async connect(): Promise<void> {
    await this.store.open();
    await this.clock.open();
    const settings = this.settings();
    this.pool = new Pool(settings);
    // An idle connection that breaks is replaced; statements report their own errors.
    this.pool.on('error', () => undefined);
    this.listener = new SharedListener(settings);
    await this.prepareSchema(this.pool);
  }

  /** A pooler in transaction mode keeps no search path: past it, if there is a way. */
  private settings(): PoolConfig {
    const { pool, listenUrl } = this.store;
    const { options } = pool;
    // The password is not among the properties that a spread copies.
    const own: PoolConfig = { ...options, password: options.password, keepAlive: true };
    return { ...own, ...(listenUrl && { connectionString: listenUrl }), options: `-c search_path="${this.schema}"` };
  }

  private async prepareSchema(pool: Pool): Promise<void> {
    const client = await pool.connect();
    try {
      const version = this.store.migrates
        ? await runMigrations(client, this.schema)
        : await assertSchemaCompatibility(client, this.schema).catch(noneYet);
      if (version < LATEST_SCHEMA_VERSION) throw new MigrationsMissingError('jobs', version, LATEST_SCHEMA_VERSION);
    } finally {
      client.release();
    }
  }

  /** What bullmq takes for a pg.Pool. */
  private shape() {
    const { pool, listener } = this;
    return {
      options: { keepAlive: true },
      query: (sql: string, values?: unknown[]) => evenIfDeadlocked(() => pool!.query(sql, values)),
      connect: () => listener!.borrow(),
      on: () => undefined,
      end: async () => undefined,
    };
  }
}

const DEADLOCK_DETECTED = '40P01';

/**
 * A statement of bullmq is a transaction: one that PostgreSQL has ended in favour of another left nothing behind. bullmq
 * would take it for a failure of the job that the statement is about, and run it a second time.
 */
async function evenIfDeadlocked<T>(statement: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await statement();
    } catch (error) {
      if ((error as { code?: string }).code !== DEADLOCK_DETECTED || tries === 5) throw error;
    }
  }
}

function noneYet(error: unknown): number {
  if (error instanceof SchemaMigrationRequiredError) return 0;
  throw error;
}

function schemaOf(namespace: string): string {
  const name = `rookery_jobs_${namespace.replace(/[^A-Za-z0-9_]/g, '_')}`;
  if (name.endsWith(namespace) && name.length <= 63) return name;
  return `${name.slice(0, 54)}_${createHash('sha1').update(namespace).digest('hex').slice(0, 8)}`;
}
