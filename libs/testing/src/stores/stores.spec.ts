import { Redis } from 'ioredis';
import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.allSettled(cleanups.splice(0).map((cleanup) => cleanup()));
});

describe('a private Redis', () => {
  async function start(options?: Parameters<typeof startRedis>[0]) {
    const redis = await startRedis(options);
    const client = new Redis(redis.url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    cleanups.push(redis.stop, async () => client.disconnect());
    return { redis, client };
  }

  it('asks for the password it was given', async () => {
    const { redis, client } = await start({ password: 'p@ss/word' });
    expect(await client.set('a', '1')).toBe('OK');
    const stranger = new Redis(redis.port, { retryStrategy: () => null });
    stranger.on('error', () => undefined);
    cleanups.push(async () => stranger.disconnect());
    await expect(stranger.get('a')).rejects.toThrow(/NOAUTH/);
  });

  it('keeps its data over a crash with appendOnly', async () => {
    const { redis, client } = await start({ appendOnly: true });
    await client.set('a', '1');
    await redis.kill();
    await redis.start();
    expect(await client.get('a')).toBe('1');
  });

  it('answers nothing while paused and everything afterwards', async () => {
    const { redis, client } = await start();
    await client.set('a', '1');
    await redis.pause();
    let answered = false;
    const answer = client.get('a').finally(() => (answered = true));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answered).toBe(false);
    await redis.resume();
    expect(await answer).toBe('1');
  });
});

describe('a private PostgreSQL', () => {
  async function start() {
    const postgres = await startPostgres();
    const pool = new pg.Pool({ connectionString: postgres.url, connectionTimeoutMillis: 20_000 });
    pool.on('error', () => undefined);
    cleanups.push(
      () => pool.end(),
      () => postgres.stop(),
    );
    return { postgres, pool };
  }

  it('keeps committed rows over a crash and over a restart', async () => {
    const { postgres, pool } = await start();
    await pool.query('create table t (n int)');
    await pool.query('insert into t values (1)');
    await postgres.kill();
    await expect(pool.query('select 1')).rejects.toThrow();
    await postgres.start();
    await vi.waitFor(async () => expect((await pool.query('select n from t')).rows).toEqual([{ n: 1 }]), 10_000);
    await postgres.restart();
    await vi.waitFor(async () => expect((await pool.query('select n from t')).rows).toEqual([{ n: 1 }]), 10_000);
  });

  it('freezes its sessions too', async () => {
    const { postgres, pool } = await start();
    await pool.query('select 1');
    await postgres.pause();
    let answered = false;
    const answer = pool.query('select 1 as n').finally(() => (answered = true));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answered).toBe(false);
    await postgres.resume();
    expect((await answer).rows).toEqual([{ n: 1 }]);
  });

  it('makes empty databases of their own', async () => {
    const { postgres, pool } = await start();
    await pool.query('create table t (n int)');
    const client = new pg.Client({ connectionString: await postgres.createDatabase() });
    await client.connect();
    cleanups.unshift(() => client.end());
    await expect(client.query('select * from t')).rejects.toThrow(/does not exist/);
  });
});
