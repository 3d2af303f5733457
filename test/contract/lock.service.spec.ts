import { Controller, Get, Injectable, Module, Scope } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  assertFence,
  Locked,
  LockModule,
  LockReentryError,
  LockService,
  LockTimeoutError,
  StaleFenceError,
} from '@rookery/lock';
import type { BackendKind } from '@rookery/core';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';
import { postgresUrl } from '../services.js';

const running: { close(): Promise<void> }[] = [];
afterEach(async () => void (await Promise.all(running.splice(0).map((app) => app.close()))));

describe.each<BackendKind>(['memory', 'redis', 'postgres'])('LockService on %s', (kind) => {
  const backends = backendsOf(kind);
  let namespace: string;
  beforeEach(() => void (namespace = freshNamespace()));

  async function replica(): Promise<LockService> {
    const app = await Test.createTestingModule({
      imports: [LockModule.forRoot({ backend: backends(namespace) })],
    }).compile();
    await app.init();
    running.push(app);
    return app.get(LockService);
  }

  it('lets one holder in at a time over two replicas', async () => {
    const replicas = await Promise.all([replica(), replica()]);
    let inside = 0;
    let most = 0;
    const visit = (locks: LockService) =>
      locks.using(
        'counter',
        async () => {
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setTimeout(resolve, 2));
          inside--;
        },
        { waitMs: 60_000 },
      );
    await Promise.all(Array.from({ length: 40 }, (_, index) => visit(replicas[index % 2])));
    expect(most).toBe(1);
  });

  it('wakes a waiter on another replica by the release, in the order of arrival within a process', async () => {
    const [one, other] = await Promise.all([replica(), replica()]);
    const held = await one.acquire('door');
    const order: number[] = [];
    const waiters = [1, 2, 3].map((number) => other.using('door', async () => void order.push(number)));
    expect(await other.tryAcquire('door')).toBeNull();
    expect(await held.release()).toBe(true);
    await Promise.all(waiters);
    expect(order).toEqual([1, 2, 3]);
  });

  it("gives up after waitMs and by the caller's signal, and leaves the line", async () => {
    const locks = await replica();
    await using held = await locks.acquire('taken');
    await expect(locks.acquire('taken', { waitMs: 50 })).rejects.toThrow(LockTimeoutError);
    const impatient = new AbortController();
    const waiting = locks.acquire('taken', { signal: impatient.signal });
    impatient.abort(new Error('the user left'));
    await expect(waiting).rejects.toThrow('the user left');
    await held.release();
    await using next = await locks.acquire('taken');
    expect(next.fencingToken).toBeGreaterThan(held.fencingToken);
  });

  it('renews a lease for as long as it is held', async () => {
    const [one, other] = await Promise.all([replica(), replica()]);
    await using lock = await one.acquire('long', { ttlMs: 600 });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await other.tryAcquire('long')).toBeNull();
    expect(() => lock.assertHeld()).not.toThrow();
  });

  it('says so when the lease is gone', async () => {
    const locks = await replica();
    const lock = await locks.acquire('mine');
    await lock.release();
    expect(() => lock.assertHeld()).toThrow('was released');
    expect(await lock.release()).toBe(false);
  });

  it('refuses to wait for a lock that the same call chain holds', async () => {
    const locks = await replica();
    await locks.using('outer', async () => {
      await expect(locks.using('outer', async () => undefined)).rejects.toThrow(LockReentryError);
    });
  });

  it('refuses bad keys and durations', async () => {
    const locks = await replica();
    for (const key of ['', 'a\u0000b', 'x'.repeat(257), 7 as unknown as string]) {
      await expect(locks.acquire(key)).rejects.toThrow('The lock key');
    }
    for (const ttlMs of [0, -1, NaN, 99]) await expect(locks.acquire('ok', { ttlMs })).rejects.toThrow('ttlMs');
  });

  it('gives back at shutdown what is still held', async () => {
    const one = await replica();
    const other = await replica();
    await one.acquire('left', { ttlMs: 60_000 });
    await running.shift()!.close();
    expect(await other.tryAcquire('left')).not.toBeNull();
  });
});

describe('@Locked', () => {
  let count = 0;

  @Injectable()
  class Renewals {
    @Locked((id: string) => `subscription:${id}`)
    async renew(_id: string) {
      const before = count;
      await new Promise((resolve) => setTimeout(resolve, 1));
      count = before + 1;
    }
  }

  @Injectable({ scope: Scope.REQUEST })
  class PerRequest extends Renewals {}

  @Controller()
  class Page {
    @Get('busy')
    @Locked('page', { waitMs: 0 })
    async busy() {
      return 'in';
    }
  }

  it('serializes calls, also of inherited and request-scoped classes', async () => {
    const app = await Test.createTestingModule({
      imports: [LockModule.forRoot()],
      providers: [Renewals, PerRequest],
      controllers: [Page],
    }).compile();
    await app.init();
    running.push(app);
    const scoped = await app.resolve(PerRequest);
    count = 0;
    await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 ? scoped : app.get(Renewals)).renew('a')));
    expect(count).toBe(20);
    await app.get(LockService).using('page', async () => {
      const elsewhere = new Promise((resolve, reject) =>
        setImmediate(() => app.get(Page).busy().then(resolve, reject)),
      );
      await expect(elsewhere).rejects.toThrow('page');
    });
  });

  it('stops the boot, naming the class, when LockModule is missing', async () => {
    @Module({ providers: [Renewals] })
    class Forgetful {}
    await expect(Test.createTestingModule({ imports: [Forgetful] }).compile()).rejects.toThrow(
      /Renewals.*LockService for @Locked/s,
    );
  });

  it('refuses to run unlocked on an object that Nest did not make', async () => {
    await expect(new Renewals().renew('a')).rejects.toThrow('Renewals.renew');
  });
});

describe('assertFence', () => {
  const dataSource = new DataSource({ type: 'postgres', url: postgresUrl() });
  afterAll(() => dataSource.destroy());

  it("rolls a stale holder's transaction back and lets the current one write again and again", async () => {
    await dataSource.initialize();
    const resource = freshNamespace();
    const write = (token: number) => dataSource.transaction((manager) => assertFence(manager, resource, token));
    await write(10);
    await write(10);
    await write(12);
    await expect(write(11)).rejects.toThrow(StaleFenceError);
    await write(12);
  });
});
