import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis, type BackendName } from '@rookery/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LocksCluster, now } from './fixtures/locks.cluster.js';
import { scenario } from './report.js';

const TTL_MS = 2_000;
const WAIT = { timeout: 60_000, interval: 50 };
const patient = { ttlMs: TTL_MS, waitMs: 60_000 };

const backends: BackendName[] = ['redis', 'postgres'];
describe.each(backends)('a lock whose store is %s', (backend) => {
  let locks: LocksCluster;
  afterEach(() => locks.stop());

  it.each(['pause', 'kill'] as const)('tells its holder in time when the store stops answering (%s)', async (fault) => {
    const what = fault === 'pause' ? 'frozen' : 'killed';
    const must = 'told within the lease of 2 s; the process lives; works again';
    const row = scenario({ id: `lock-store-${what}`, backend, fault: `store ${what}`, must, operations: 1 });
    locks = await LocksCluster.start(backend);
    await locks.acquire(0, 'k', patient);
    await sleep(1_000);
    const brokenAt = now();
    await locks.store[fault]();
    await vi.waitFor(() => expect(locks.notes('lost')).toHaveLength(1), WAIT);
    const toldMs = locks.notes('lost')[0].at - brokenAt;
    row.violations = toldMs <= TTL_MS ? 0 : 1;
    row.fault += `, told after ${Math.round(toldMs)} ms`;
    expect(toldMs).toBeLessThan(5 * TTL_MS);
    // Longer than it takes for a client's own retries to give up.
    await sleep(3_000);
    expect(await locks.tell(0, 'ping')).toBe('pong');
    await (fault === 'pause' ? locks.store.resume() : locks.store.start());
    const backAt = now();
    await vi.waitFor(() => locks.acquire(0, 'k', { ttlMs: TTL_MS, waitMs: 1_000 }), WAIT);
    row.recoveredMs = now() - backAt;
    expect(locks.notes('unhandled')).toEqual([]);
  });

  it('outlives a restart that is shorter than its lease', async () => {
    const must = 'the lock is still held, and handed on';
    scenario({ id: 'lock-store-restarted', backend, fault: 'store restarted', must, operations: 2 });
    locks = await LocksCluster.start(backend);
    const token = await locks.acquire(0, 'k', { ttlMs: 20_000 });
    await locks.store.restart();
    await vi.waitFor(async () => expect(await locks.write(0, 'k')).toEqual({ believes: true, written: true }), WAIT);
    await expect(locks.acquire(1, 'k', { waitMs: 3_000 })).rejects.toThrow('ROOKERY_LOCK_TIMEOUT');
    expect(locks.notes('lost')).toEqual([]);
    await locks.tell(0, 'release', { key: 'k' });
    expect(await locks.acquire(1, 'k', { waitMs: 30_000 })).toBeGreaterThan(token);
  });
});

describe('a lock in a Redis that comes back empty', () => {
  it('is taken from its holder, and the tokens still grow', async () => {
    const must = 'tokens grow; the old holder is told and cannot write';
    scenario({ id: 'lock-redis-empty', backend: 'redis', fault: 'restarted without its data', must, operations: 3 });
    const redis = await startRedis();
    const locks = await LocksCluster.start('redis', { redis });
    const first = await locks.acquire(0, 'k', { ttlMs: 3_000 });
    await redis.kill();
    await redis.start();
    const second = await vi.waitFor(() => locks.acquire(1, 'k', { ttlMs: 3_000, waitMs: 1_000 }), WAIT);
    expect(second).toBeGreaterThan(first);
    expect(await locks.write(1, 'k')).toEqual({ believes: true, written: true });
    await vi.waitFor(() => expect(locks.notes('lost')).toHaveLength(1), WAIT);
    expect(await locks.write(0, 'k')).toEqual({ believes: false, written: 'ROOKERY_STALE_FENCE' });
    await locks.stop();
    await redis.stop();
  });
});

describe('a lock in a PostgreSQL that ends its sessions', () => {
  it('is kept', async () => {
    const fault = 'all sessions terminated, 5 times';
    const must = 'held for as long as its holder lives';
    scenario({ id: 'lock-backend-terminated', backend: 'postgres', fault, must, operations: 5 });
    const locks = await LocksCluster.start('postgres');
    await locks.acquire(0, 'k', patient);
    for (let round = 0; round < 5; round++) {
      await locks.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
      );
      await sleep(600);
    }
    expect(await locks.write(0, 'k')).toEqual({ believes: true, written: true });
    await expect(locks.acquire(1, 'k', { waitMs: 1_000 })).rejects.toThrow('ROOKERY_LOCK_TIMEOUT');
    expect(locks.notes('unhandled')).toEqual([]);
    await locks.stop();
  });
});
