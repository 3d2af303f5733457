import type { Backend } from '@rookery/core';
import { postgres } from '@rookery/core/postgres';
import { redis } from '@rookery/core/redis';
import { startRedis, type StoreHandle } from '@rookery/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { findProgram } from '../../libs/testing/src/stores/find-program.js';
import { isOlder } from '../../libs/cluster/src/doctor/checks/store-too-old.check.js';
import { freshNamespace } from '../backends.js';
import { postgresUrl, redisUrl } from '../services.js';
import { examine, found } from './cluster.examination.js';
import { startOlder } from './cluster.older-store.js';
import { startPgBouncer } from './cluster.pgbouncer.js';

const started: StoreHandle[] = [];
const privateRedis = async (settings: Record<string, string>, appendOnly = true): Promise<Backend> => {
  const store = await startRedis({ appendOnly, settings });
  started.push(store);
  return redis({ url: store.url });
};
const bouncer = async (mode: 'transaction' | 'session') => {
  const store = await startPgBouncer({ url: postgresUrl(), mode });
  started.push(store);
  return store.url;
};
/** How many connections the server takes. */
const maxConnections = async () => {
  const backend = postgres({ url: postgresUrl(), namespace: freshNamespace() });
  await backend.open();
  const { rows } = await backend.query<{ max: string }>(`select current_setting('max_connections') as max`);
  await backend.close();
  return rows[0].max;
};
const on = (id: string, backend: Backend) => found(id, { options: { backend } });
const namespace = freshNamespace;

describe('the doctor, about the store', () => {
  afterEach(() => Promise.all(started.splice(0).map((store) => store.stop())));

  it('finds nothing wrong with a Redis that keeps its data', async () => {
    const backend = await privateRedis({});
    expect(await examine({ options: { backend } })).toMatchObject({ findings: [], unexamined: [] });
  });

  it('finds nothing wrong with a plain PostgreSQL', async () => {
    const backend = postgres({ url: postgresUrl(), namespace: namespace() });
    expect(await examine({ options: { backend } })).toMatchObject({ findings: [], unexamined: [] });
  });

  it('RK010: a Redis without an append-only file', async () => {
    const [place] = await on('RK010', await privateRedis({}, false));
    expect(place).toMatch(/writes no append-only file \(no snapshots either\)$/);
    const [other] = await on('RK010', await privateRedis({ save: '60 1' }, false));
    expect(other).toMatch(/\(snapshots "60 1" only\)$/);
  });

  it('RK011: a Redis that evicts', async () => {
    const [place] = await on('RK011', await privateRedis({ 'maxmemory-policy': 'allkeys-lru' }));
    expect(place).toMatch(/has maxmemory-policy allkeys-lru$/);
    expect(await on('RK011', redis({ url: redisUrl(), namespace: namespace() }))).toEqual([]);
  });

  it.each([
    ['6.0.16', [6, 2], true],
    ['6.2.0', [6, 2], false],
    ['7.0.15', [6, 2], false],
    ['12.19 (Debian 12.19-1)', [13], true],
    ['13', [13], false],
    ['18.4', [13], false],
  ])('RK012: version %s against %j', (version, oldest, old) => {
    expect(isOlder(version, oldest)).toBe(old);
  });

  it.each([
    ['Redis', redisUrl, /redis_version:\d/, 'redis_version:5', (url: string) => redis({ url })],
    ['PostgreSQL', postgresUrl, /\b1\d\.(?=\d)/, '12.', (url: string) => postgres({ url })],
  ] as const)('RK012: a %s that is too old', async (name, url, newer, older, backend) => {
    const old = await startOlder(url(), newer, older);
    const [place] = await on('RK012', backend(old.url));
    expect(place).toMatch(new RegExp(`is ${name} (5|12)\\.`));
    await old.stop();
  });

  it('RK014: a pool that is too small', async () => {
    const [place] = await on('RK014', postgres({ url: postgresUrl(), namespace: namespace(), poolSize: 3 }));
    expect(place).toMatch(/has 3 connections$/);
    const [many] = await on('RK014', postgres({ url: postgresUrl(), namespace: namespace(), poolSize: 100_000 }));
    expect(many).toMatch(/1 replicas may open 100001 connections, but .* has max_connections \d+$/);
  });

  it('RK014: counts the second pool, that of the jobs', async () => {
    const poolSize = Number(await maxConnections()) - 1;
    const backend = () => postgres({ url: postgresUrl(), namespace: namespace(), poolSize });
    expect(await on('RK014', backend())).toEqual([]);
    const [many] = await found('RK014', { options: { backend: backend(), jobs: {} } });
    expect(many).toMatch(`may open ${2 * (poolSize + 1)} connections`);
  });
});

/** Not on every machine, unlike Redis; CI installs it. */
describe.runIf(findProgram('pgbouncer'))('the doctor, about PgBouncer', () => {
  afterEach(() => Promise.all(started.splice(0).map((store) => store.stop())));

  it('RK015 and RK020: LISTEN through a PgBouncer in transaction mode', async () => {
    const url = await bouncer('transaction');
    const backend = postgres({ url, namespace: namespace() });
    const { findings } = await examine({ options: { backend } });
    expect(findings.map(({ id }) => id).sort()).toEqual(['RK015', 'RK020']);
    expect(JSON.stringify(findings)).not.toContain(new URL(url).password);
  });

  it('RK015: is content with a direct way for LISTEN, and with session pooling', async () => {
    const direct = postgres({ url: await bouncer('transaction'), listenUrl: postgresUrl(), namespace: namespace() });
    expect(await examine({ options: { backend: direct } })).toMatchObject({ findings: [], unexamined: [] });
    const session = postgres({ url: await bouncer('session'), namespace: namespace() });
    expect(await examine({ options: { backend: session } })).toMatchObject({ findings: [], unexamined: [] });
  });
});
