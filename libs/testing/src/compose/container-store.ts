import { createDatabase, type PostgresHandle } from '../stores/postgres.js';
import type { StoreHandle } from '../stores/store.js';
import { eventually } from '../processes/within.js';
import { TestingError } from '../testing.errors.js';
import { docker, dockerLogs, inspect } from './docker.js';

/** A store of a compose project, reached at its container's own address; `isReady` is run in it. */
export async function containerStore(
  container: string,
  port: number,
  isReady: string[],
  urlAt: (ip: string) => string,
): Promise<StoreHandle> {
  let { ip } = await inspect(container);
  const started = async () => {
    ({ ip } = await inspect(container));
    const answers = () =>
      docker(['exec', container, ...isReady]).then(
        () => true,
        () => false,
      );
    if (await eventually(30_000, answers, 100)) return;
    throw new TestingError('START_TIMEOUT', `${container} does not answer within 30 s of its start.`);
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
  const store = await containerStore(container, 5432, ['pg_isready', '--host=127.0.0.1'], urlAt);
  const create = (name?: string) => createDatabase(store.url, name);
  return Object.defineProperties(
    {},
    { ...Object.getOwnPropertyDescriptors(store), createDatabase: { value: create } },
  ) as PostgresHandle;
}
