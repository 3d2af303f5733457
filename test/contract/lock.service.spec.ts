import { channel } from 'node:diagnostics_channel';
import { DRAIN, type BackendKind, type DrainRegistry } from '@rookery/core';
import { LockLostError, LockModule, LockReentryError, LockService, LockTimeoutError } from '@rookery/lock';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';
import { LockReplicas } from './lock.replicas.js';

const apps = new LockReplicas();
afterEach(() => apps.close());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.each<BackendKind>(['memory', 'redis', 'postgres'])('LockService on %s', (kind) => {
  const backends = backendsOf(kind);
  let namespace: string;
  beforeEach(() => void (namespace = freshNamespace()));

  const replica = () => apps.start(backends(namespace));
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

  it('gives back at shutdown what is still held', async () => {
    const one = await replica();
    const other = await replica();
    await one.acquire('left', { ttlMs: 60_000 });
    await apps.running.shift()!.close();
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
    apps.running.push(app);
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
