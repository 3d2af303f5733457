import type { BackendKind } from '@rookery/core';
import { LockLostError, LockModeError, LockService, LockTimeoutError, LockUpgradeError } from '@rookery/lock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';
import { LockReplicas } from './lock.replicas.js';

const apps = new LockReplicas();
afterEach(() => apps.close());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.each<BackendKind>(['memory', 'redis', 'postgres'])('modes of locks on %s', (kind) => {
  const backends = backendsOf(kind);
  let namespace: string;
  beforeEach(() => void (namespace = freshNamespace()));

  const replica = () => apps.start(backends(namespace));
  const replicas = () => Promise.all([replica(), replica()]);

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
});
