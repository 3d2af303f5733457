import { resourceKey } from '@rookery/core';
import {
  assertFence,
  fencedRepository,
  fencedTransaction,
  LockModule,
  LockService,
  LockTimeoutError,
  StaleFenceError,
} from '@rookery/lock';
import { fencedSet } from '@rookery/lock/redis';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { DataSource, EntitySchema, type EntityManager } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freshNamespace } from '../backends.js';
import { freshPostgresUrl, redisUrl } from '../services.js';

interface Invoice {
  id: string;
  total: number;
}
const Invoice = new EntitySchema<Invoice>({
  name: 'invoice',
  columns: { id: { type: String, primary: true }, total: { type: Number } },
});

describe('fenced writes in PostgreSQL', () => {
  let dataSource: DataSource;
  beforeAll(async () => {
    const url = await freshPostgresUrl();
    dataSource = new DataSource({ type: 'postgres', url, entities: [Invoice], synchronize: true });
    await dataSource.initialize();
  });
  afterAll(() => dataSource.destroy());

  it("rolls a stale holder's transaction back and lets the current one write again and again", async () => {
    const resource = freshNamespace();
    const write = (token: number) => dataSource.transaction((manager) => assertFence(manager, resource, token));
    await write(10);
    await write(10);
    await write(12);
    await expect(write(11)).rejects.toThrow(StaleFenceError);
    await write(12);
  });

  it('costs one statement, and needs one connection once the table is there', async () => {
    const { options } = dataSource;
    const narrow = new DataSource({ ...options, poolSize: 1, synchronize: false } as typeof options);
    await narrow.initialize();
    const resource = freshNamespace();
    await narrow.transaction((manager) => assertFence(manager, resource, 1));
    await narrow.transaction(async (manager) => {
      const query = vi.spyOn(manager, 'query');
      await assertFence(manager, resource, 2);
      expect(query).toHaveBeenCalledTimes(1);
    });
    await narrow.destroy();
  });

  it('refuses a stale holder beside whose uncommitted write a newer one stands', async () => {
    const resource = freshNamespace();
    let stale: Promise<unknown> | undefined;
    await dataSource.transaction(async (manager) => {
      await assertFence(manager, resource, 20);
      stale = dataSource.transaction((other) => assertFence(other, resource, 19));
      stale.catch(() => undefined);
      await manager.query('select pg_sleep(0.2)');
    });
    await expect(stale).rejects.toThrow(StaleFenceError);
  });

  it('guards whole transactions and single writes of a repository', async () => {
    const key = freshNamespace();
    const invoices = dataSource.getRepository(Invoice);
    await fencedRepository(invoices, { key, fencingToken: 5 }).save({ id: key, total: 1 });
    await fencedRepository(invoices, { key, fencingToken: 5 }).increment({ id: key }, 'total', 1);
    await fencedTransaction(dataSource.manager, { key, fencingToken: 6 }, (manager) =>
      manager.update(Invoice, key, { total: 60 }),
    );
    const late = fencedRepository(invoices, { key, fencingToken: 5 });
    await expect(late.update(key, { total: 50 })).rejects.toThrow(StaleFenceError);
    await expect(late.delete(key)).rejects.toThrow(StaleFenceError);
    expect(await invoices.findOneBy({ id: key })).toMatchObject({ total: 60 });
  });

  it('guards every key of a lock on several', async () => {
    const [first, second] = [freshNamespace(), freshNamespace()];
    await dataSource.transaction((manager) => assertFence(manager, second, 9));
    const fence = { key: `${first}, ${second}`, keys: [first, second], fencingToken: 8 };
    await expect(fencedTransaction(dataSource.manager, fence, async () => 1)).rejects.toThrow(StaleFenceError);
  });
});

describe('fencedSet', () => {
  let client: Redis;
  beforeAll(() => void (client = new Redis(redisUrl())));
  afterAll(() => client.disconnect());

  it('writes for the newest holder only', async () => {
    const key = resourceKey(freshNamespace(), 'stock', '42');
    await fencedSet(client, key, 'first', 10);
    await fencedSet(client, key, 'second', 12);
    await expect(fencedSet(client, key, 'late', 11)).rejects.toThrow(StaleFenceError);
    expect(await client.get(key)).toBe('second');
  });

  it('remembers the fence longer than the value, and keeps both in one slot', async () => {
    const key = `plain:${freshNamespace()}`;
    await fencedSet(client, key, 'first', 1_700_000_000_000_001, { ttlMs: 20 });
    await vi.waitFor(async () => expect(await client.exists(key)).toBe(0));
    await expect(fencedSet(client, key, 'late', 1_700_000_000_000_000)).rejects.toThrow(StaleFenceError);
    expect(await client.get(`{${key}}:fence`)).toBe('1700000000000001');
  });
});

describe('a lock in the transaction of its caller', () => {
  let dataSource: DataSource;
  let locks: LockService;
  let close: () => Promise<void>;
  beforeAll(async () => {
    dataSource = new DataSource({ type: 'postgres', url: await freshPostgresUrl() });
    await dataSource.initialize();
    const app = await Test.createTestingModule({ imports: [LockModule.forRoot()] }).compile();
    await app.init();
    locks = app.get(LockService);
    close = () => app.close();
  });
  afterAll(async () => {
    await close();
    await dataSource.destroy();
  });

  const inTransaction = <T>(work: (manager: EntityManager) => Promise<T>) => dataSource.transaction(work);

  it('keeps others out until the commit, and then lets them in', async () => {
    const order: string[] = [];
    let second: Promise<void> | undefined;
    await inTransaction(async (transaction) => {
      const lock = await locks.acquire('account', { transaction });
      second = inTransaction(async (other) => {
        await locks.using('account', async () => void order.push('second'), { transaction: other, waitMs: 30_000 });
      });
      await transaction.query('select pg_sleep(0.2)');
      expect(await lock.release()).toBe(false);
      expect(lock.held).toBe(true);
      order.push('first');
    });
    await second;
    expect(order).toEqual(['first', 'second']);
  });

  it('gives up after waitMs, and the transaction goes on', async () => {
    await inTransaction(async (transaction) => {
      await locks.acquire('busy', { transaction });
      await inTransaction(async (other) => {
        for (const waitMs of [0, 100])
          await expect(locks.acquire('busy', { transaction: other, waitMs })).rejects.toThrow(LockTimeoutError);
        expect(await other.query('select 1 as one')).toEqual([{ one: 1 }]);
        await locks.acquire('another', { transaction: other });
        expect(await other.query('show lock_timeout')).toEqual([{ lock_timeout: '0' }]);
      });
    });
  });

  it('can be shared', async () => {
    await inTransaction(async (transaction) => {
      await locks.acquire('page', { transaction, mode: 'shared' });
      await inTransaction(async (other) => {
        await locks.acquire('page', { transaction: other, mode: 'shared', waitMs: 0 });
      });
      await inTransaction(async (other) => {
        await expect(locks.acquire('page', { transaction: other, waitMs: 0 })).rejects.toThrow(LockTimeoutError);
      });
    });
  });

  it('refuses a manager outside a transaction, and permits', async () => {
    await expect(locks.acquire('x', { transaction: dataSource.manager })).rejects.toThrow('no running one');
    await inTransaction(async (transaction) => {
      await expect(locks.acquire('x', { transaction, permits: 3 })).rejects.toThrow('permits');
    });
  });
});
