import { connect } from 'node:net';
import { freePort } from '../processes/free-port.js';
import { privateDirectory } from '../processes/private-directory.js';
import { redisProcess, redisProgram } from './redis-program.js';
import { startStore, type StoreHandle } from './store.js';

/** How a private Redis is started. */
export interface RedisOptions {
  /** Keep the data over `restart()` and `kill()` (append-only file). @default false */
  appendOnly?: boolean;
  /** Ask clients for this password. @default none */
  password?: string;
  /** Further settings, as in redis.conf: `{ maxmemory: '10mb' }`. @default none */
  settings?: Record<string, string>;
  /** @default a free one */
  port?: number;
}

/**
 * Starts a Redis of our own on 127.0.0.1: `redis-server` from the PATH or, without one, a container. It is stopped and
 * its data are removed by `stop()`, or when this process ends in whatever way.
 *
 * @throws TestingError `REDIS_NOT_FOUND` when there is neither.
 * @example
 * const redis = await startRedis();
 * await redis.pause();
 * await redis.stop();
 */
export async function startRedis(options: RedisOptions = {}): Promise<StoreHandle> {
  const program = redisProgram();
  const port = options.port ?? (await freePort());
  const directory = await privateDirectory('redis');
  const password = options.password;
  const settings: Record<string, string> = {
    save: '',
    appendonly: options.appendOnly ? 'yes' : 'no',
    ...(password === undefined ? {} : { requirepass: password }),
    ...options.settings,
  };
  return startStore({
    name: 'Redis',
    url: `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    port,
    directory,
    server: redisProcess(program, port, settings, directory),
    isReady: () => answersPing(port, password),
    shutdownSignal: 'SIGTERM',
    crashSignal: 'SIGKILL',
  });
}

function answersPing(port: number, password?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    let reply = '';
    socket.setTimeout(1_000, () => done(false));
    socket.on('error', () => done(false));
    socket.on('end', () => done(false));
    socket.on('data', (chunk) => {
      reply += chunk.toString();
      if (reply.includes('PONG')) done(true);
      else if (reply.includes('LOADING')) done(false);
    });
    socket.write(password === undefined ? 'PING\r\n' : `AUTH ${password}\r\nPING\r\n`);
  });
}
