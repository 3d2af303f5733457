import { connect } from 'node:net';
import { createDatabase, type PostgresHandle } from '../stores/postgres.js';
import type { StoreHandle } from '../stores/store.js';
import { eventually } from '../processes/within.js';
import { TestingError } from '../testing.errors.js';
import { docker, dockerLogs, inspect } from './docker.js';

/** A store of a compose project, reached at its container's own address. */
export async function containerStore(
  container: string,
  port: number,
  urlAt: (ip: string) => string,
): Promise<StoreHandle> {
  let { ip } = await inspect(container);
  const started = async () => {
    ({ ip } = await inspect(container));
    if (await eventually(30_000, () => accepts(ip, port))) return;
    throw new TestingError('START_TIMEOUT', `${container} does not accept connections within 30 s of its start.`);
  };
  return {
    port,
    get url() {
      return urlAt(ip);
    },
    start: async () => {
      await docker(['start', container]);
      await started();
    },
    restart: async () => {
      await docker(['restart', container]);
      await started();
    },
    kill: async () => void (await docker(['kill', container])),
    pause: async () => void (await docker(['pause', container])),
    resume: async () => void (await docker(['unpause', container])),
    stop: async () => void (await docker(['stop', container])),
    logs: () => dockerLogs(container),
  };
}

/** The PostgreSQL of a compose project. */
export async function containerPostgres(container: string, urlAt: (ip: string) => string): Promise<PostgresHandle> {
  const store = await containerStore(container, 5432, urlAt);
  const create = (name?: string) => createDatabase(store.url, name);
  return Object.defineProperties(
    {},
    { ...Object.getOwnPropertyDescriptors(store), createDatabase: { value: create } },
  ) as PostgresHandle;
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('timeout', () => done(false));
    socket.once('error', () => done(false));
  });
}
