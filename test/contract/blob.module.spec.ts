import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  BlobContainer,
  BlobModule,
  BlobStore,
  compression,
  memoryBlobs,
  type BlobDriver,
  type BlobModuleOptions,
} from '@rookery/blob';
import { chaosBlobs } from '@rookery/blob/testing';
import { describe, expect, it } from 'vitest';
import { openStore } from './blob.app.js';

@Injectable()
class Clock {
  readonly year = 2026;
}

@BlobContainer('invoices', { maxBytes: 10 })
class Invoices extends BlobStore {
  constructor(readonly clock: Clock) {
    super();
  }
}

@BlobContainer('logs', { perTenant: false })
class Logs extends BlobStore {}

async function open(options: BlobModuleOptions) {
  class Feature {}
  Module({ providers: [Clock], exports: [Clock] })(Feature);
  const feature = { ...BlobModule.forFeature([Invoices, Logs]), imports: [Feature] };
  return openStore(options, [feature]);
}

describe('BlobModule', () => {
  it('injects containers by their class, which may ask for more', async () => {
    await using blobs = await open({ driver: memoryBlobs() });
    const invoices = blobs.app.get(Invoices);
    expect([invoices.containerName, blobs.store.containerName, invoices.clock.year]).toEqual([
      'invoices',
      'default',
      2026,
    ]);
    await expect(invoices.put('a', randomBytes(11))).rejects.toMatchObject({ status: 413 });
  });

  it('takes settings per container, of the class, and for all, in this order', async () => {
    const [main, apart] = [memoryBlobs(), memoryBlobs()];
    await using blobs = await open({
      driver: main,
      defaults: { maxBytes: 5, pipeline: [compression()] },
      containers: { logs: { driver: apart, maxBytes: 20 } },
    });
    await expect(blobs.store.put('a', '123456')).rejects.toMatchObject({ status: 413 });
    await blobs.app.get(Invoices).put('a', '123456');
    await blobs.app.get(Logs).put('a', '123456789 12345');
    const raw = await apart.create({ dataSource: async () => undefined });
    expect(await raw.stat({ container: 'logs', name: 'a' })).toMatchObject({ size: 15, encoding: expect.anything() });
    const mainRaw = await main.create({ dataSource: async () => undefined });
    expect(await mainRaw.stat({ container: 'logs', name: 'a' })).toBeNull();
  });

  it('gives each tenant its own blobs, links included', async () => {
    const tenants = new AsyncLocalStorage<string>();
    await using blobs = await open({
      driver: memoryBlobs(),
      tenant: () => tenants.getStore(),
      urls: { secret: 'x'.repeat(32) },
    });
    const invoices = blobs.app.get(Invoices);
    const logs = blobs.app.get(Logs);
    await tenants.run('a', () => Promise.all([invoices.put('1', 'of a'), logs.put('1', 'of all')]));
    await tenants.run('b', () => invoices.put('1', 'of b'));
    expect(await invoices.exists('1')).toBe(false);
    expect(await tenants.run('a', () => invoices.getBuffer('1'))).toEqual(Buffer.from('of a'));
    expect((await tenants.run('b', () => invoices.list())).entries).toHaveLength(1);
    expect((await logs.getBuffer('1')).toString()).toBe('of all');
    const link = await tenants.run('b', () => invoices.url('1'));
    const [claims] = link.split('/')[2].split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ scope: 'invoices.b' });
    await expect(tenants.run('../b', () => invoices.stat('1'))).rejects.toMatchObject({ status: 400 });
  });

  it('keeps blobs in the database that is at hand', async () => {
    await using blobs = await openStore({}, [TypeOrmModule.forRoot({ type: 'sqljs' })]);
    await blobs.store.put('a', 'in the database');
    expect((await blobs.store.getBuffer('a')).toString()).toBe('in the database');
  });

  it('stops the boot when a container has no place, and says what there is', async () => {
    const cure = /no driver.*databaseBlobs.*s3Blobs.*fileSystemBlobs.*memoryBlobs/;
    await expect(open({})).rejects.toThrow(cure);
    // The default container is there whether somebody wants it or not: it says so when it is used.
    await using blobs = await openStore({});
    await expect(blobs.store.put('a', 'x')).rejects.toThrow(cure);
  });

  it('stops the boot when the store does not answer', async () => {
    const driver = {
      kind: 'silent',
      create: async () => ({ kind: 'silent', address: 'nowhere', open: () => new Promise(() => undefined) }) as never,
    };
    await expect(openStore({ driver, deadlineMs: 100 })).rejects.toThrow(/silent.*100 ms/);
  });

  it('stops the boot on a short secret or a bad container name', async () => {
    await expect(openStore({ driver: memoryBlobs(), urls: { secret: 'short' } })).rejects.toThrow(/32 characters/);
    @BlobContainer('No_good')
    class Bad extends BlobStore {}
    class TestApp {}
    Module({ imports: [BlobModule.forRoot({ driver: memoryBlobs() }), BlobModule.forFeature([Bad])] })(TestApp);
    const boot = NestFactory.createApplicationContext(TestApp, { logger: false, abortOnError: false });
    await expect(boot).rejects.toThrow(/No_good/);
    await expect((await openStore({ driver: memoryBlobs() })).store.url('a')).rejects.toMatchObject({ status: 404 });
  });

  it('stops the boot when two classes claim one container', async () => {
    @BlobContainer('invoices')
    class Bills extends BlobStore {}
    const boot = openStore({ driver: memoryBlobs() }, [
      { ...BlobModule.forFeature([Invoices, Bills]), providers: [Clock, Invoices, Bills] },
    ]);
    await expect(boot).rejects.toThrow(/"invoices" is .*two classes/);
  });

  it('refuses a transaction where the store has none', async () => {
    await using blobs = await openStore({ driver: memoryBlobs() });
    const manager = { queryRunner: { isTransactionActive: true } } as never;
    await expect(blobs.store.put('a', 'x', { manager })).rejects.toMatchObject({ code: 'ROOKERY_BLOB_UNSUPPORTED' });
  });
});

describe('a store that fails', () => {
  it('gives errors of one shape, within the deadline', async () => {
    const chaos = chaosBlobs(memoryBlobs());
    await using blobs = await openStore({ driver: chaos.driver, deadlineMs: 200 });
    await blobs.store.put('a', randomBytes(100_000));
    const failed = { code: 'ROOKERY_BLOB_STORE', status: 503 };
    const calls = () => [
      blobs.store.put('b', 'x'),
      blobs.store.getBuffer('a'),
      blobs.store.stat('a'),
      blobs.store.delete('a'),
      blobs.store.list(),
    ];
    chaos.fail('write', 'read', 'stat', 'delete', 'list');
    for (const call of calls()) await expect(call).rejects.toMatchObject(failed);
    chaos.heal();
    chaos.hang('write', 'read', 'stat', 'delete', 'list');
    for (const result of await Promise.allSettled(calls()))
      expect(result).toMatchObject({ reason: { ...failed, message: expect.stringMatching(/within 200 ms/) } });
    chaos.heal();
    expect((await blobs.store.getBuffer('a')).length).toBe(100_000);
  });

  it('breaks a download with the cause, and never ends a damaged one', async () => {
    const chaos = chaosBlobs(memoryBlobs());
    await using blobs = await openStore({ driver: chaos.driver });
    await blobs.store.put('a', randomBytes(100_000));
    chaos.cutReadsAfter(50_000);
    await expect(blobs.store.getBuffer('a')).rejects.toMatchObject({
      code: 'ROOKERY_BLOB_STORE',
      message: expect.stringMatching(/broke/),
    });
    chaos.heal();
    chaos.corruptReads();
    await expect(blobs.store.getBuffer('a')).rejects.toMatchObject({ code: 'ROOKERY_BLOB_CORRUPTED' });
  });

  it('does not wait for a reader to count its time', async () => {
    await using blobs = await openStore({ driver: memoryBlobs(), deadlineMs: 1_000 });
    const data = randomBytes(1_000_000);
    const slow = async function* () {
      for (let start = 0; start < data.length; start += 250_000) {
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        yield data.subarray(start, start + 250_000);
      }
    };
    await blobs.store.put('a', slow());
    const { stream } = await blobs.store.get('a');
    const chunks: Buffer[] = [];
    for await (const chunk of stream) {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      chunks.push(chunk as Buffer);
    }
    expect(Buffer.concat(chunks).equals(data)).toBe(true);
  });

  it('takes no more from the source than it can store, and from the store than is read', async () => {
    const piece = randomBytes(100_000);
    let pulled = 0;
    const pieces = async function* () {
      for (; pulled < 100; pulled++) yield piece;
    };
    const stored = {
      name: 'a',
      storedBytes: 10_000_000,
      size: 10_000_000,
      contentType: 'a/b',
      metadata: {},
      etag: '1',
    };
    const slow: Partial<BlobDriver> = {
      open: async () => undefined,
      close: async () => undefined,
      write: async (_, body) => {
        await body[Symbol.asyncIterator]().next();
        return new Promise(() => undefined);
      },
      read: async () => ({ stored: { ...stored, createdAt: new Date() }, body: Readable.from(pieces()) }),
    };
    const driver = { kind: 'slow', create: async () => slow as BlobDriver };
    await using blobs = await openStore({ driver, deadlineMs: 300, sweepEveryMs: 0 });
    await expect(blobs.store.put('a', pieces(), { overwrite: true })).rejects.toMatchObject({ status: 503 });
    expect(pulled).toBeLessThan(10);
    pulled = 0;
    const { stream } = await blobs.store.get('a');
    await stream[Symbol.asyncIterator]().next();
    await new Promise((resolve) => setTimeout(resolve, 300));
    // A stream of Node holds 16 pieces at most.
    expect(pulled).toBeLessThan(25);
    stream.destroy();
  });
});
