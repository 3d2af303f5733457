import { startCluster, type Cluster } from '@rookery/testing';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshPostgresUrl } from '../services.js';

const app = fileURLToPath(new URL('cluster.app.mjs', import.meta.url));
const command = fileURLToPath(new URL('../../libs/cluster/bin/rookery.mjs', import.meta.url));

interface Ended {
  code: number;
  out: string;
  err: string;
}

/** Runs a program with nothing in its environment but what is given. */
function run(file: string, args: string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const all = { PATH: process.env.PATH ?? '', NO_COLOR: '1', ...env };
    execFile(process.execPath, [file, ...args], { env: all }, (error, out, err) =>
      resolve({ code: (error?.code as number | undefined) ?? 0, out, err }),
    );
  });
}
const rookery = (args: string[], env?: Record<string, string>) => run(command, args, env);

describe('rookery doctor', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ entry: app, replicas: 1, backend: 'memory' });
  });
  afterAll(() => cluster.stop());

  it('asks a running app, with the token that its access asks for', async () => {
    const { code, out } = await rookery(['doctor', cluster.url, '--token', 'open sesame']);
    expect(code).toBe(1);
    expect(out).toMatch(/^Found 1 error and 1 warning on memory/);
    expect(out).toMatch(/RK004 error {3}Reminders\.send \(@Cron\)\n +why: {2}Every replica runs it/);
  });

  it('says what to do when it is refused, or when nobody is there', async () => {
    expect(await rookery(['doctor', cluster.url])).toMatchObject({
      code: 2,
      err: `${cluster.url}/health/doctor refused: set doctor.access in ClusterModule, and give what it asks for with --token.\n`,
    });
    const { code, err } = await rookery(['doctor', 'http://127.0.0.1:9']);
    expect([code, err]).toEqual([2, expect.stringContaining('cannot be asked') as string]);
  });

  it('looks at a module file without starting anything', async () => {
    const { code, out } = await rookery(['doctor', app, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      findings: [{ id: 'RK004', found: 'Reminders.send (@Cron)' }],
      // It imports none of the modules' packages, so none is composed.
      providers: {},
    });
    expect((await rookery(['doctor', 'nowhere.js'])).err).toContain(
      'nowhere.js. Give the built file of the root module',
    );
  });

  it('shows how it is used', async () => {
    expect(await rookery([])).toMatchObject({ code: 2, out: expect.stringMatching(/^Usage:/) as string });
    expect((await rookery(['doctor', app, '--colour'])).err).toContain('--colour');
  });
});

describe('rookery migrate', () => {
  it('makes the tables of all modules, and can be run again', async () => {
    const DATABASE_URL = await freshPostgresUrl();
    const env = { ROOKERY_BACKEND: 'postgres', DATABASE_URL };
    for (const _ of [1, 2]) {
      const { code, out, err } = await rookery(['migrate'], env);
      expect([code, out, err]).toEqual([0, 'The tables of schema "rookery" are up to date.\n', '']);
    }
    const client = new pg.Client(DATABASE_URL);
    await client.connect();
    const { rows } = await client.query<{ module: string }>(
      'select distinct module from rookery.migrations order by 1',
    );
    await client.end();
    expect(rows.map(({ module }) => module)).toEqual(expect.arrayContaining(['cluster', 'core', 'lock', 'workers']));
  });

  it('has nothing to do on another backend', async () => {
    expect((await rookery(['migrate'])).out).toContain('Nothing to migrate: the backend is memory.');
  });
});

describe('an app that cannot start', () => {
  it.each([
    [{ ROOKERY_BACKEND: 'mongo' }, 'ROOKERY_BACKEND is "mongo", but must be'],
    [{ ROOKERY_ROLES: 'web,worker' }, '"worker" is no role'],
    [{ REDIS_URL: 'redis://:hunter2@127.0.0.1:9' }, 'Cannot use the store at redis://:***@127.0.0.1:9'],
    [{ ROOKERY_BACKEND: 'postgres', DATABASE_URL: 'postgres://a:hunter2@127.0.0.1:9/b' }, 'ECONNREFUSED'],
  ])('%j: says why in one paragraph, shows no password and no stack, and ends', async (env, message) => {
    const { code, out, err } = await run(app, [], { PORT: '0', ...(env as Record<string, string>) });
    const said = out + err;
    expect(code).toBe(1);
    expect(said).toContain(message);
    expect(said).not.toContain('hunter2');
    expect(said).not.toMatch(/^\s+at /m);
  });
});
