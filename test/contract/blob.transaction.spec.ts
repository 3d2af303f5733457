import { randomBytes } from 'node:crypto';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BlobContainers } from '@rookery/blob';
import { databaseBlobs } from '@rookery/blob/database';
import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { freshPostgresUrl } from '../services.js';
import { openStore } from './blob.app.js';

/** An app with a database of its own, and a look into its tables. */
async function openDatabase(options: Parameters<typeof openStore>[0] = {}) {
  const url = await freshPostgresUrl();
  const blobs = await openStore(options, [TypeOrmModule.forRoot({ type: 'postgres', url, installExtensions: false })]);
  const dataSource = blobs.app.get(DataSource);
  const count = async (table: string) =>
    Number((await dataSource.query<{ count: string }[]>(`select count(*) from rookery.${table}`))[0].count);
  return { ...blobs, dataSource, count };
}

describe('blobs in a transaction', () => {
  it('appear when it commits', async () => {
    await using blobs = await openDatabase();
    const { store, dataSource } = blobs;
    const data = randomBytes(2_500_000);
    await dataSource.transaction(async (manager) => {
      await store.put('a', data, { manager });
      expect(await store.exists('a')).toBe(false);
      expect((await store.getBuffer('a', { manager })).equals(data)).toBe(true);
      await store.copy('a', 'b', { manager });
      await expect(store.put('a', 'x', { manager })).rejects.toMatchObject({ status: 409 });
    });
    expect((await store.getBuffer('a')).equals(data)).toBe(true);
    expect((await store.getBuffer('b')).equals(data)).toBe(true);
  });

  it('vanish when it rolls back, deletes and moves included', async () => {
    await using blobs = await openDatabase();
    const { store, dataSource, count } = blobs;
    await store.put('old', 'kept');
    await store.put('moved', 'kept');
    const failed = dataSource.transaction(async (manager) => {
      await store.put('new', randomBytes(2_500_000), { manager });
      await store.put('old', 'changed', { manager, overwrite: true });
      await store.delete('old', { manager });
      await store.move('moved', 'elsewhere', { manager });
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect((await store.list()).entries.map(({ name }) => name)).toEqual(['moved', 'old']);
    expect((await store.getBuffer('old')).toString()).toBe('kept');
    expect([await count('blob_chunks'), await count('blob_generations')]).toEqual([2, 2]);
  });

  it('are refused outside one, or in one of another database', async () => {
    await using blobs = await openDatabase();
    const outside = blobs.store.put('a', 'x', { manager: blobs.dataSource.manager });
    await expect(outside).rejects.toMatchObject({ code: 'ROOKERY_INVALID_INPUT' });
    await using other = await openDatabase();
    const foreign = other.dataSource.transaction((manager) => blobs.store.put('a', 'x', { manager }));
    await expect(foreign).rejects.toMatchObject({ code: 'ROOKERY_INVALID_INPUT' });
  });
});

describe('the sweep of a database', () => {
  const none = { graceMs: 0, sweepEveryMs: 0 };
  /** Marked by one sweep, removed by a later one. */
  const sweepTwice = async (sweep: () => Promise<number>) => {
    const first = await sweep();
    await new Promise((resolve) => setTimeout(resolve, 20));
    return first + (await sweep());
  };

  it('removes what was replaced and deleted, and keeps what copies still use', async () => {
    await using blobs = await openDatabase(none);
    const { store, count, sweep } = blobs;
    const data = randomBytes(1_500_000);
    await store.put('a', data);
    await store.copy('a', 'b');
    await store.put('a', 'new', { overwrite: true });
    await store.put('c', 'deleted');
    await store.delete('c');
    expect(await sweepTwice(sweep)).toBe(1);
    expect((await store.getBuffer('b')).equals(data)).toBe(true);
    expect([await count('blob_chunks'), await count('blob_generations')]).toEqual([3, 2]);
    await store.delete('b');
    await sweepTwice(sweep);
    expect([await count('blob_chunks'), await count('blob_generations')]).toEqual([1, 1]);
  });

  it('leaves readers of a replaced version and slow writers their time', async () => {
    await using blobs = await openDatabase({ graceMs: 60_000, sweepEveryMs: 0 });
    const data = randomBytes(5_000_000);
    await blobs.store.put('a', data);
    const { stream } = await blobs.store.get('a');
    await blobs.store.put('a', 'new', { overwrite: true });
    let goOn!: () => void;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const writing = blobs.store.put(
      'b',
      (async function* () {
        yield data;
        await held;
        yield data;
      })(),
    );
    await sweepTwice(blobs.sweep);
    expect(Buffer.concat(await stream.toArray()).equals(data)).toBe(true);
    goOn();
    expect((await writing).size).toBe(10_000_000);
  });

  it('is refused by a write it has overtaken: nothing half is ever pointed to', async () => {
    await using blobs = await openDatabase(none);
    const source = async function* () {
      yield randomBytes(3_000_000);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await sweepTwice(blobs.sweep);
      yield randomBytes(10);
    };
    await expect(blobs.store.put('a', source())).rejects.toMatchObject({ code: 'ROOKERY_BLOB_STORE' });
    expect(await blobs.store.exists('a')).toBe(false);
  });

  it('runs once for all replicas', async () => {
    const url = await freshPostgresUrl();
    const open = () =>
      openStore({ graceMs: 0, sweepEveryMs: 60_000 }, [
        TypeOrmModule.forRoot({ type: 'postgres', url, installExtensions: false }),
      ]);
    await using one = await open();
    await using other = await open();
    const drivers = (await Promise.all([one, other].map(({ app }) => app.get(BlobContainers).inUse()))).flat();
    const turns = await Promise.all(
      [...drivers, ...drivers].map((driver) => driver.sweep!({ graceMs: 0, everyMs: 60_000 })),
    );
    expect(turns.filter((removed) => removed !== null)).toHaveLength(1);
  });
});

describe('a damaged row', () => {
  it('is told as damage', async () => {
    await using blobs = await openDatabase();
    const { store, dataSource } = blobs;
    await store.put('a', randomBytes(3_500_000));
    const damaged = { code: 'ROOKERY_BLOB_CORRUPTED', status: 500 };
    await dataSource.query(
      `update rookery.blob_chunks set data = overlay(data placing 'x' from 9 for 1) where idx = 3`,
    );
    await expect(store.getBuffer('a')).rejects.toMatchObject(damaged);
    await dataSource.query(`update rookery.blob_chunks set data = substr(data, 1, 5) where idx = 3`);
    await expect(store.getBuffer('a')).rejects.toMatchObject(damaged);
    await dataSource.query(`delete from rookery.blob_chunks where idx = 1`);
    await expect(store.getBuffer('a')).rejects.toMatchObject(damaged);
    await expect(store.getBuffer('a', { range: { start: 1_500_000 } })).rejects.toMatchObject(damaged);
    expect((await store.getBuffer('a', { range: { start: 0, end: 99 } })).length).toBe(100);
  });
});

describe('databaseBlobs', () => {
  it('says at boot that tables are missing when it may not make them', async () => {
    const dataSource = new DataSource({ type: 'postgres', url: await freshPostgresUrl(), installExtensions: false });
    const boot = openStore({ driver: databaseBlobs({ dataSource, migrate: false }) });
    await expect(boot).rejects.toMatchObject({ cause: { code: 'ROOKERY_MIGRATIONS_MISSING' } });
    await dataSource.destroy();
  });

  it('keeps namespaces apart', async () => {
    const dataSource = await new DataSource({
      type: 'postgres',
      url: await freshPostgresUrl(),
      installExtensions: false,
    }).initialize();
    await using one = await openStore({ driver: databaseBlobs({ dataSource, namespace: 'one' }), graceMs: 0 });
    await using two = await openStore({ driver: databaseBlobs({ dataSource, namespace: 'two' }), graceMs: 0 });
    await one.store.put('a', 'one');
    expect(await two.store.exists('a')).toBe(false);
    await two.store.put('a', 'two');
    await two.sweep();
    expect((await one.store.getBuffer('a')).toString()).toBe('one');
    await dataSource.destroy();
  });
});
