import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type DriverFixture, LONG_MS, ended, task } from './driver-fixture.js';

/** What drivers hold about how runs end, and about runs by hand. */
export function describeRuns(f: DriverFixture): void {
  describe('the end of a run', () => {
    beforeEach(() => f.a.register([{ ...task(), notBefore: 0 }]));

    it('is recorded once, by its replica only', async () => {
      const run = await f.granted(1_000);
      expect(await f.b.finish('b', [ended(run)])).toEqual([null]);
      const [state] = await f.a.finish('a', [ended(run)]);
      expect(state).toMatchObject({ active: 0, failures: 0, finishedAt: expect.any(Number) as number });
      expect(await f.a.finish('a', [ended(run)])).toEqual([null]);
      expect(await f.a.history('task', 10)).toEqual([
        { ...run, status: 'succeeded', finishedAt: state!.finishedAt, error: null },
      ]);
      expect((await f.known()).lastRun).toMatchObject({ runId: run.runId, status: 'succeeded' });
    });

    it('counts failures until the next good run, and keeps the newest of the history', async () => {
      for (const slot of [1, 2, 3, 4]) {
        const run = await f.granted(slot);
        await f.a.finish('a', [ended(run, { status: slot < 4 ? 'failed' : 'timed-out', error: `error ${slot} ü"\\` })]);
        expect((await f.known()).failures).toBe(slot);
      }
      await vi.waitFor(async () => {
        await f.a.beat('a', LONG_MS);
        const history = await f.a.history('task', 10);
        expect(history.map(({ error }) => error)).toEqual(['error 4 ü"\\', 'error 3 ü"\\', 'error 2 ü"\\']);
      });
      expect(await f.a.history('task', 1)).toHaveLength(1);
      await f.a.finish('a', [ended(await f.granted(5))]);
      expect((await f.known()).failures).toBe(0);
    });

    it('takes many ends in one call', async () => {
      const runs = [await f.granted(1), await f.granted(2)];
      await f.a.register([{ ...task({ name: 'other' }), notBefore: 0 }]);
      runs.push(await f.granted(1, { name: 'other' }));
      const states = await f.a.finish('a', [...runs.map((run) => ended(run)), ended({ ...runs[0], runId: 'unknown' })]);
      expect(states.map((state) => state?.name)).toEqual(['task', 'task', 'other', undefined]);
      expect((await f.known()).active).toBe(0);
    });

    it('puts a run that was cut back for others, without using an attempt up', async () => {
      const run = await f.granted(1_000, { maxAttempts: 1, missed: 4 });
      await f.a.finish('a', [ended(run, { status: 'cut', rerun: true })]);
      const { pending } = await f.b.beat('b', LONG_MS);
      expect(pending).toEqual([expect.objectContaining({ slot: 1_000, attempt: 2, maxAttempts: 2, missed: 4 })]);
      expect(pending[0].runId).not.toBe(run.runId);
      const taken = await f.b.take('b', pending[0].runId, false);
      expect(taken).toMatchObject({ replica: 'b', status: 'running', attempt: 2 });
      expect(taken!.fencingToken).toBeGreaterThan(run.fencingToken);
      expect(await f.a.take('a', pending[0].runId, false)).toBeNull();
      expect((await f.known()).active).toBe(1);
    });
  });

  describe('runs by hand', () => {
    it('wait for one replica, and do not move the slots', async () => {
      await f.a.register([{ ...task(), notBefore: 7 }]);
      expect(await f.a.request('unknown', 'r', 1)).toBe(false);
      expect(await f.a.request('task', 'by-hand', 1)).toBe(true);
      await f.b.beat('b', LONG_MS);
      expect((await f.a.beat('a', LONG_MS)).pending).toMatchObject([{ runId: 'by-hand', replica: null }]);
      expect(await f.b.take('ghost', 'by-hand', false)).toBeNull();
      const taken = await Promise.all([f.a.take('a', 'by-hand', false), f.b.take('b', 'by-hand', false)]);
      expect(taken.filter((run) => run !== null)).toHaveLength(1);
      expect(await f.known()).toMatchObject({ cursor: 7, active: 1 });
    });

    it('wait for the run that is going on, when taken exclusively', async () => {
      await f.a.register([{ ...task(), notBefore: 0 }]);
      const run = await f.granted(1_000);
      await f.a.request('task', 'first', 1);
      await f.a.request('task', 'second', 1);
      expect(await f.a.take('a', 'first', true)).toBeNull();
      await f.a.finish('a', [ended(run)]);
      await f.b.beat('b', LONG_MS);
      const taken = await Promise.all([f.a.take('a', 'first', true), f.b.take('b', 'second', true)]);
      expect(taken.filter((one) => one !== null)).toHaveLength(1);
      expect(await f.known()).toMatchObject({ active: 2 });
    });
  });
}
