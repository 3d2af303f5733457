import { describe, expect, it, vi } from 'vitest';
import type { RunRecord } from '../workers.driver.js';
import { type DriverFixture, LEASE_MS, LONG_MS, claimOf, ended, task } from './driver-fixture.js';

/** What drivers hold about the living and the dead. */
export function describeReplicas(f: DriverFixture): void {
  describe('replicas', () => {
    it('are listed while they live, and gone when they leave', async () => {
      await f.b.beat('b', LONG_MS);
      expect((await f.a.beat('a', LONG_MS)).replicas.sort()).toEqual(['a', 'b']);
      await f.b.leave('b');
      expect((await f.a.beat('a', LONG_MS)).replicas).toEqual(['a']);
    });

    it('keep the cluster up as long as one of them lives', async () => {
      const { upSince } = await f.a.beat('a', LEASE_MS);
      expect((await f.b.beat('b', LEASE_MS)).upSince).toBe(upSince);
      await f.a.leave('a');
      expect((await f.b.beat('b', LEASE_MS)).upSince).toBe(upSince);
      await f.b.leave('b');
      const again = await f.a.beat('a2', LEASE_MS);
      expect(again.upSince).toBeGreaterThanOrEqual(upSince);
      expect(again.upSince).toBe(again.now);
    });

    it('lose their runs when they die: recorded as crashed, and waiting for another while attempts are left', async () => {
      await f.a.register([{ ...task(), notBefore: 0 }]);
      await f.b.beat('b', LEASE_MS);
      const { run } = await f.claim(f.b, 'b', claimOf(1_000));
      let waiting: RunRecord[] = [];
      await vi.waitFor(
        async () => {
          waiting = (await f.a.beat('a', LONG_MS)).pending;
          expect(waiting).toHaveLength(1);
        },
        { timeout: 10_000, interval: 100 },
      );
      expect(waiting[0]).toMatchObject({ slot: 1_000, attempt: 2, status: 'pending' });
      const [crashed] = await f.a.history('task', 1);
      expect(crashed).toMatchObject({ runId: run!.runId, status: 'crashed', replica: 'b' });
      expect(crashed.finishedAt).toBeLessThan(run!.startedAt! + LEASE_MS);
      expect(await f.b.finish('b', [ended(run!)])).toEqual([null]);

      await f.b.beat('c', LEASE_MS);
      await f.b.take('c', waiting[0].runId, false);
      await vi.waitFor(
        async () => {
          expect((await f.a.beat('a', LONG_MS)).pending).toEqual([]);
          expect((await f.known()).active).toBe(0);
        },
        { timeout: 10_000, interval: 100 },
      );
      expect((await f.a.history('task', 9)).map(({ status }) => status)).toEqual(['crashed', 'crashed']);
    });

    it('keep their runs after a time in which the store heard of nobody', async () => {
      await f.a.register([{ ...task(), notBefore: 0 }]);
      await f.b.beat('b', LEASE_MS);
      await f.a.beat('a', LEASE_MS);
      const { run } = await f.claim(f.b, 'b', claimOf(1_000));
      await new Promise((resolve) => setTimeout(resolve, LEASE_MS * 2));
      await f.a.beat('a', LEASE_MS);
      expect((await f.b.beat('b', LEASE_MS)).mine.map(({ runId }) => runId)).toEqual([run!.runId]);
      expect(await f.b.finish('b', [ended(run!)])).toEqual([expect.objectContaining({ active: 0 })]);
    });
  });

  it('tells by the version that a worker has ended', async () => {
    await f.a.register([{ ...task({ kind: 'worker' }), notBefore: 0 }]);
    const run = await f.granted(1_000);
    const { version } = await f.a.beat('a', LONG_MS);
    await f.a.finish('a', [ended(run)]);
    expect((await f.b.beat('b', LONG_MS)).version).toBeGreaterThan(version);
  });
}
