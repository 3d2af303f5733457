import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../libs/testing/src/processes/free-port.js';
import { GuardedProcess } from '../../libs/testing/src/processes/guarded-process.js';
import { privateDirectory } from '../../libs/testing/src/processes/private-directory.js';
import { startStore, type StoreHandle } from '../../libs/testing/src/stores/store.js';
import { unprivilegedUser } from '../../libs/testing/src/stores/unprivileged-user.js';
import { connect } from 'node:net';

/** How a private PgBouncer is started. */
export interface PgBouncerOptions {
  /** The PostgreSQL behind it. */
  url: string;
  mode: 'transaction' | 'session';
}

/** Starts a `pgbouncer` (Debian package of that name) in front of a PostgreSQL. */
export async function startPgBouncer({ url, mode }: PgBouncerOptions): Promise<StoreHandle> {
  const server = new URL(url);
  const account = unprivilegedUser();
  const directory = await privateDirectory('pgbouncer', account);
  const port = await freePort();
  const settings = `
[databases]
* = host=${server.hostname} port=${server.port || 5432}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${join(directory.path, 'users.txt')}
pool_mode = ${mode}
default_pool_size = 10
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
`;
  await write(join(directory.path, 'pgbouncer.ini'), settings, account);
  const password = decodeURIComponent(server.password);
  await write(join(directory.path, 'users.txt'), `"${server.username}" "${password}"\n`, account);
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String(port);
  return startStore({
    name: 'PgBouncer',
    url: through.href,
    port,
    directory,
    server: new GuardedProcess({
      ...account,
      command: 'pgbouncer',
      args: [join(directory.path, 'pgbouncer.ini')],
      logFile: join(directory.path, 'log'),
    }),
    isReady: () => accepts(port),
    shutdownSignal: 'SIGINT',
    crashSignal: 'SIGKILL',
  });
}

async function write(path: string, text: string, owner?: { uid: number; gid: number }): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  if (owner) await chown(path, owner.uid, owner.gid);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
