import { channel } from 'node:diagnostics_channel';
import type { BackendKind, DrainRegistry } from '@rookery/core';
import { DRAIN } from '@rookery/core';
import {
  LockLostError,
  LockModeError,
  LockModule,
  LockReentryError,
  LockService,
  LockTimeoutError,
  LockUpgradeError,
} from '@rookery/lock';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';

const running: { close(): Promise<void> }[] = [];
afterEach(async () => void (await Promise.all(running.splice(0).map((app) => app.close()))));

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

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
  const replicas = () => Promise.all([replica(), replica()]);

  it('lets one holder in at a time over two replicas', async () => {
    const both = await replicas();
    let inside = 0;
    let most = 0;
    const visit = (locks: LockService) =>
      locks.using(
        'counter',
        async () => {
          most = Math.max(most, ++inside);
          await pause(2);
          inside--;
        },
        { waitMs: 60_000 },
      );
    await Promise.all(Array.from({ length: 40 }, (_, index) => visit(both[index % 2])));
    expect(most).toBe(1);
  });

  it('serves in the order of arrival, over replicas', async () => {
    const both = await replicas();
    const held = await both[0].acquire('door');
    const order: number[] = [];
    const waiters: Promise<void>[] = [];
    for (let number = 0; number < 6; number++) {
      // Two in a row of each replica: whose second one comes before the other's first.
      const locks = both[Math.floor(number / 2) % 2];
      waiters.push(locks.using('door', async () => void order.push(number), { waitMs: 60_000 }));
      await pause(40);
    }
    expect(await both[1].tryAcquire('door')).toBeNull();
    expect(await held.release()).toBe(true);
    await Promise.all(waiters);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("gives up after waitMs and by the caller's signal, and leaves the line", async () => {
    const locks = await replica();
    await using held = await locks.acquire('taken');
    await expect(locks.acquire('taken', { waitMs: 50 })).rejects.toThrow(LockTimeoutError);
    const impatient = new AbortController();
    const waiting = locks.acquire('taken', { signal: impatient.signal });
    impatient.abort(new Error('the user left'));
    await expect(waiting).rejects.toThrow('the user left');
    await vi.waitFor(async () => expect(await locks.inspect('taken')).toMatchObject({ waiters: 0 }));
    await held.release();
    await using next = await locks.acquire('taken');
    expect(next.fencingToken).toBeGreaterThan(held.fencingToken);
  });

  it('renews a lease for as long as it is held, unless told not to', async () => {
    const [one, other] = await replicas();
    await using lock = await one.acquire('long', { ttlMs: 600 });
    const short = await one.acquire('short', { ttlMs: 600, autoRenew: false });
    const lost = new Promise((resolve) => short.signal.addEventListener('abort', () => resolve(short.signal.reason)));
    await pause(1_500);
    expect(await other.tryAcquire('long')).toBeNull();
    expect(() => lock.assertHeld()).not.toThrow();
    expect(await lost).toBeInstanceOf(LockLostError);
    await using _next = (await other.tryAcquire('short'))!;
  });

  it('gives a lock up after maxHoldMs, whatever its holder does', async () => {
    const [one, other] = await replicas();
    const lock = await one.acquire('hung', { ttlMs: 500, maxHoldMs: 700 });
    await using next = await other.acquire('hung', { waitMs: 30_000 });
    expect(lock.signal.reason).toMatchObject({
      code: 'ROOKERY_LOCK_LOST',
      message: expect.stringContaining('maxHoldMs'),
    });
    expect(next.held).toBe(true);
  });

  it('says so when the lease is gone', async () => {
    const locks = await replica();
    const lock = await locks.acquire('mine');
    await lock.release();
    expect(() => lock.assertHeld()).toThrow('was released');
    await expect(lock.extend()).rejects.toThrow(LockLostError);
    expect(await lock.release()).toBe(false);
  });

  it('refuses to wait for a lock that the same call chain holds, but not for one it held', async () => {
    const locks = await replica();
    let later: Promise<void> | undefined;
    await locks.using('outer', async () => {
      await expect(locks.using('outer', async () => undefined)).rejects.toThrow(LockReentryError);
      await expect(locks.using(['inner', 'outer'], async () => undefined)).rejects.toThrow(LockReentryError);
      later = pause(50).then(() => locks.using('outer', async () => undefined));
    });
    await later;
  });

  it('refuses bad keys, durations and numbers, and leaves nothing in the store', async () => {
    const locks = await replica();
    for (const key of ['', 'a\u0000b', 'x'.repeat(257), 7 as unknown as string, ['ok', '']])
      await expect(locks.acquire(key)).rejects.toThrow('The lock key');
    await expect(locks.acquire([])).rejects.toThrow('at least one key');
    for (const ttlMs of [0, -1, NaN, 99]) await expect(locks.acquire('ok', { ttlMs })).rejects.toThrow('ttlMs');
    await expect(locks.acquire('ok', { maxHoldMs: 0 })).rejects.toThrow('maxHoldMs');
    for (const permits of [0, 1.5, NaN]) await expect(locks.acquire('ok', { permits })).rejects.toThrow('permits');
    await expect(locks.acquire('ok', { permits: 2, weight: 3 })).rejects.toThrow('weight');
    await expect(locks.acquire('ok', { weight: 2 })).rejects.toThrow('weight');
    await expect(locks.acquire('ok', { permits: 2, mode: 'shared' })).rejects.toThrow('mode');
    await expect(locks.acquire('ok', { mode: 'odd' as 'shared' })).rejects.toThrow('mode');
    expect(await locks.list()).toEqual([]);
  });

  it('refuses to mix permits of different numbers, and permits with modes', async () => {
    const [one, other] = await replicas();
    await using _held = await one.acquire('pool', { permits: 3 });
    await expect(other.acquire('pool', { permits: 4 })).rejects.toThrow(LockModeError);
    await expect(other.tryAcquire('pool')).rejects.toThrow('in use as a semaphore of 3 permits');
    expect(await one.inspect('pool')).toMatchObject({ holders: [{ weight: 1 }], waiters: 0 });
  });

  it('lets readers in together, and a waiting writer before later readers', async () => {
    const [one, other] = await replicas();
    const shared = { mode: 'shared', waitMs: 30_000 } as const;
    const first = await one.acquire('page', shared);
    const second = await other.acquire('page', shared);
    const order: string[] = [];
    const writing = one.using('page', async () => void order.push('writer'), { waitMs: 30_000 });
    await vi.waitFor(async () => expect(await one.inspect('page')).toMatchObject({ waiters: 1 }));
    const reading = other.using('page', async () => void order.push('reader'), shared);
    await first.release();
    await second.release();
    await Promise.all([writing, reading]);
    expect(order).toEqual(['writer', 'reader']);
  });

  it('lets in as many as there are permits', async () => {
    const both = await replicas();
    let inside = 0;
    let most = 0;
    const visit = async (locks: LockService, weight: number) =>
      locks.using(
        'pool',
        async () => {
          most = Math.max(most, (inside += weight));
          await pause(5);
          inside -= weight;
        },
        { permits: 4, weight, waitMs: 60_000 },
      );
    await Promise.all(Array.from({ length: 30 }, (_, index) => visit(both[index % 2], 1 + (index % 3))));
    expect(most).toBeLessThanOrEqual(4);
    expect(most).toBeGreaterThan(1);
  });

  it('takes several keys together, without a deadlock whatever their order', async () => {
    const both = await replicas();
    const inside = new Set<string>();
    let clashes = 0;
    const visit = (locks: LockService, keys: string[]) =>
      locks.using(
        keys,
        async () => {
          for (const key of keys) if (inside.has(key)) clashes++;
          for (const key of keys) inside.add(key);
          await pause(2);
          for (const key of keys) inside.delete(key);
        },
        { waitMs: 60_000 },
      );
    const pairs = [['a', 'b'], ['b', 'a'], ['b', 'c'], ['c', 'a'], ['a'], ['c']];
    await Promise.all(Array.from({ length: 36 }, (_, index) => visit(both[index % 2], pairs[index % pairs.length])));
    expect(clashes).toBe(0);
    expect(await both[0].list()).toEqual([]);
  });

  it('upgrades a shared lock once the other readers have left', async () => {
    const [one, other] = await replicas();
    const mine = await one.acquire('page', { mode: 'shared', ttlMs: 600 });
    const theirs = await other.acquire('page', { mode: 'shared' });
    await expect(mine.upgrade({ waitMs: 50 })).rejects.toThrow(LockTimeoutError);
    mine.assertHeld();
    await using _third = await other.acquire('page', { mode: 'shared', waitMs: 10_000 });
    await _third.release();
    const upgrading = mine.upgrade({ waitMs: 30_000 });
    await vi.waitFor(async () => expect(await one.inspect('page')).toMatchObject({ waiters: 1 }));
    await expect(theirs.upgrade()).rejects.toThrow(LockUpgradeError);
    await theirs.release();
    const before = mine.fencingToken;
    await upgrading;
    expect(mine.fencingToken).toBeGreaterThan(before);
    await pause(1_000);
    mine.assertHeld();
    expect(await other.tryAcquire('page', { mode: 'shared' })).toBeNull();
    await expect(mine.upgrade()).rejects.toThrow('not shared');
    await mine.release();
  });

  it('hands a held lock to another replica, once', async () => {
    const [one, other] = await replicas();
    const mine = await one.acquire(['import', 'stock'], { ttlMs: 30_000 });
    const parcel = JSON.parse(JSON.stringify(await mine.transfer()));
    expect(() => mine.assertHeld()).toThrow(LockLostError);
    expect(await mine.release()).toBe(false);
    const adopted = await other.adopt(parcel);
    expect(adopted.fencingToken).toBe(mine.fencingToken);
    await expect(one.adopt(parcel)).rejects.toThrow(LockLostError);
    expect(await one.tryAcquire('import')).toBeNull();
    await adopted.release();
    await expect(other.adopt(parcel)).rejects.toThrow('adopted or released before');
    await using _next = (await one.tryAcquire('import'))!;
  });

  it('tells operators who holds what, and lets them take it away', async () => {
    const [one, other] = await replicas();
    const before = Date.now() - 60_000;
    const lock = await one.acquire('report:1', { ttlMs: 1_000 });
    await using _reader = await one.acquire('report:2', { mode: 'shared' });
    await using _unrelated = await one.acquire('invoice');
    const [first, second, ...rest] = await other.list('report:');
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ key: 'report:1', mode: 'exclusive', waiters: 0 });
    expect(second).toMatchObject({ key: 'report:2', mode: 'shared', permits: 1 });
    expect(first.holders).toMatchObject([{ fencingToken: lock.fencingToken, weight: 1 }]);
    expect(first.holders[0].since.getTime()).toBeGreaterThan(before);
    expect(first.holders[0].replicaId).toContain(String(process.pid));
    expect(await other.forceRelease('report:1')).toBe(1);
    expect(await other.forceRelease('report:1')).toBe(0);
    await using next = await other.acquire('report:1');
    await vi.waitFor(() => expect(lock.signal.reason).toBeInstanceOf(LockLostError), { timeout: 10_000 });
    expect(next.held).toBe(true);
    expect(await one.inspect('nothing')).toBeNull();
  });

  it('gives back at shutdown what is still held', async () => {
    const one = await replica();
    const other = await replica();
    await one.acquire('left', { ttlMs: 60_000 });
    await running.shift()!.close();
    expect(await other.tryAcquire('left')).not.toBeNull();
    await expect(one.acquire('left')).rejects.toThrow('not open');
  });

  it('lets go in the drain phase `connections` when something drains', async () => {
    const phases = new Map<string, (budget: AbortSignal) => Promise<void>>();
    const drain: DrainRegistry = { register: (phase, _name, run) => void phases.set(phase, run) };
    @Module({ providers: [{ provide: DRAIN, useValue: drain }], exports: [DRAIN] })
    class Drains {}
    const backend = backends(namespace);
    const app = await Test.createTestingModule({
      imports: [{ module: Drains, global: true }, LockModule.forRoot({ backend })],
    }).compile();
    await app.init();
    running.push(app);
    await app.get(LockService).acquire('left', { ttlMs: 60_000 });
    await phases.get('connections')!(AbortSignal.timeout(1_000));
    expect(await (await replica()).tryAcquire('left')).not.toBeNull();
  });

  it('tells the tracing channel of every acquisition', async () => {
    const seen: object[] = [];
    const listen = (context: unknown) => void seen.push(context as object);
    channel('tracing:rookery:lock:acquire:asyncEnd').subscribe(listen);
    const locks = await replica();
    await using _lock = await locks.acquire('traced', { mode: 'shared' });
    channel('tracing:rookery:lock:acquire:asyncEnd').unsubscribe(listen);
    expect(seen).toMatchObject([{ key: 'traced', mode: 'shared' }]);
  });
});
