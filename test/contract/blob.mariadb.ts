import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import { freePort } from '../../libs/testing/src/processes/free-port.js';

const run = promisify(execFile);
const server = program('mariadbd');
const installer = program('mariadb-install-db');

/** Whether this machine has a MariaDB to test with (Debian: apt-get install mariadb-server). */
export const hasMariadb = server !== undefined && installer !== undefined;

/** Starts a private MariaDB. */
export async function startMariadb() {
  const directory = await mkdtemp(join(tmpdir(), 'rookery-mariadb-'));
  const [data, socket, port] = [join(directory, 'data'), join(directory, 'socket'), await freePort()];
  const account = process.getuid?.() === 0 ? ['--user=root'] : [];
  await run(installer!, [
    '--no-defaults',
    `--datadir=${data}`,
    '--skip-test-db',
    '--auth-root-authentication-method=normal',
    ...account,
  ]);
  const child = spawn(
    server!,
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      ...account,
    ],
    { stdio: 'ignore' },
  );
  const dataSource = await connected(port, () => child.exitCode !== null);
  return {
    dataSource,
    stop: async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      child.kill('SIGTERM');
      await once(child, 'exit');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function connected(port: number, hasEnded: () => boolean): Promise<DataSource> {
  const options = { type: 'mariadb', host: '127.0.0.1', port, username: 'root', database: 'rookery' } as const;
  for (let attempt = 1; ; attempt++) {
    const first = new DataSource({ ...options, database: 'mysql' });
    try {
      await first.initialize();
      await first.query('create database if not exists rookery');
      return await new DataSource(options).initialize();
    } catch (error) {
      if (attempt > 300 || hasEnded()) throw error;
      await wait(100);
    } finally {
      if (first.isInitialized) await first.destroy();
    }
  }
}

function program(name: string): string | undefined {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path);
        return true;
      } catch {
        return false;
      }
    });
}
