import { afterCommit, InvalidInputError, type Backend } from '@rookery/core';
import { MigrationsMissingError, postgres } from '@rookery/core/postgres';
import { redis } from '@rookery/core/redis';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { describe, expect, it, vi } from 'vitest';
import { freshPostgresUrl, postgresUrl, redisUrl } from '../services.js';

const SECRET = 'hunter2';

describe('a backend', () => {
  it.each<[string, () => Backend]>([
    ['redis, nobody there', () => redis({ url: `redis://:${SECRET}@127.0.0.1:1/0` })],
    ['postgres, nobody there', () => postgres({ url: `postgres://app:${SECRET}@127.0.0.1:1/shop` })],
    ['redis, wrong password', () => redis({ url: redisUrl().replace('redis://', `redis://stranger:${SECRET}@`) })],
    ['postgres, no such user', () => postgres({ url: postgresUrl().replace(/\/\/[^@]*@/, `//nobody:${SECRET}@`) })],
  ])('names the store and hides the password: %s', async (_, make) => {
    const error: Error = await make()
      .open()
      .then(
        () => expect.fail('it opened'),
        (reason: Error) => reason,
      );
    expect(error.message).toMatch(/^Cannot use the store at (redis|postgres):\/\//);
    expect(error.message).not.toContain(SECRET);
  });

  it.each([
    () => redis({}),
    () => redis({ url: 'localhost' }),
    () => postgres({ url: `redis://x:${SECRET}@y` }),
    () => redis({ url: redisUrl(), namespace: 'a b' }),
  ])('refuses bad options: %s', (make) => {
    expect(make).toThrow(InvalidInputError);
    expect(make).not.toThrow(SECRET);
  });

  it.each<[string, () => Backend]>([
    ['redis', () => redis({ url: redisUrl() })],
    ['postgres', () => postgres({ url: postgresUrl() })],
  ])('connects for the first user and closes after the last: %s', async (_, make) => {
    const backend = make();
    await expect(backend.now()).rejects.toThrow('not open');
    await Promise.all([backend.open(), backend.open()]);
    await backend.close();
    expect(Math.abs((await backend.now()) - Date.now())).toBeLessThan(60_000);
    await backend.close();
    await backend.close();
    await expect(backend.now()).rejects.toThrow('not open');
  });

  it('fails what is under way on Redis as soon as the connection breaks', async () => {
    const backend = redis({ url: redisUrl() });
    await backend.open();
    const other = new Redis(redisUrl());
    const id = await backend.client.client('ID');
    const refused = expect(backend.client.blpop(`nothing-${process.pid}`, 0)).rejects.toThrow(/max retries/);
    await other.client('KILL', 'ID', id);
    await refused;
    await vi.waitFor(async () => expect(await backend.client.ping()).toBe('PONG'), { timeout: 10_000 });
    other.disconnect();
    await backend.close();
  });

  it('never closes what it was handed', async () => {
    const client = new Redis(redisUrl());
    const dataSource = await new DataSource({ type: 'postgres', url: postgresUrl() }).initialize();
    for (const backend of [redis({ client }), postgres({ dataSource })]) {
      await backend.open();
      await backend.close();
    }
    expect(await client.ping()).toBe('PONG');
    expect(await dataSource.query('select 1 as one')).toEqual([{ one: 1 }]);
    client.disconnect();
    await dataSource.destroy();
  });
});

describe('migrations', () => {
  it('run once, however many replicas boot together, and a missing one is told with migrate: false', async () => {
    const url = await freshPostgresUrl();
    const replicas = Array.from({ length: 4 }, () => postgres({ url, poolSize: 2 }));
    await Promise.all(replicas.map((replica) => replica.open()));
    const steps = ['create table rookery.demo (n int)', 'insert into rookery.demo values (1)'];
    await Promise.all(replicas.map((replica) => replica.migrate('demo', steps)));
    expect((await replicas[0].query('select n from rookery.demo')).rows).toEqual([{ n: 1 }]);
    const careful = postgres({ url, migrate: false });
    await careful.open();
    await careful.migrate('demo', steps.slice(0, 1));
    await expect(careful.migrate('demo', [...steps, 'select 1'])).rejects.toThrow(MigrationsMissingError);
    await Promise.all([...replicas, careful].map((replica) => replica.close()));
  });
});

describe('afterCommit', () => {
  it('runs on commit, not on rollback, and not for a savepoint that was rolled back', async () => {
    const dataSource = await new DataSource({ type: 'postgres', url: postgresUrl() }).initialize();
    const effect = vi.fn();
    await dataSource.transaction(async (manager) => {
      afterCommit(manager, () => effect('outer'));
      await manager.transaction(async (inner) => afterCommit(inner, () => effect('inner')));
      const failing = manager.transaction(async (inner) => {
        afterCommit(inner, () => effect('rolled back'));
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(effect).not.toHaveBeenCalled();
    });
    expect(effect.mock.calls.flat()).toEqual(['outer', 'inner']);
    const failing = dataSource.transaction(async (manager) => {
      afterCommit(manager, () => effect('never'));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await dataSource.transaction(async (manager) => afterCommit(manager, () => Promise.reject(new Error('dropped'))));
    expect(effect).toHaveBeenCalledTimes(2);
    expect(() => afterCommit(dataSource.manager, effect)).toThrow('outside a transaction');
    await dataSource.destroy();
  });
});
