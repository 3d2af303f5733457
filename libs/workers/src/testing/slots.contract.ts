import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type DriverFixture, LONG_MS, claimOf, ended, task } from './driver-fixture.js';

/** What drivers hold about claims. */
export function describeSlots(f: DriverFixture): void {
  describe('slots', () => {
    beforeEach(() => f.a.register([{ ...task(), notBefore: 0 }]));

    it('grants a slot once, however many ask at the same time', async () => {
      await f.b.beat('b', LONG_MS);
      for (let slot = 1_000; slot < 1_020; slot++) {
        const asked = [f.a, f.b, f.a, f.b].map((driver, i) => f.claim(driver, i % 2 ? 'b' : 'a', claimOf(slot)));
        const answers = await Promise.all(asked);
        expect(answers.filter(({ run }) => run !== null)).toHaveLength(1);
        expect(answers.every(({ state }) => state?.cursor === slot)).toBe(true);
      }
    });

    it('tells all about the run that it grants', async () => {
      const asked = claimOf(1_000, { missed: 3, maxAttempts: 5 });
      const { run, state } = await f.claim(f.a, 'a', asked);
      const { runId } = asked;
      const expected = { runId, name: 'task', slot: 1_000, attempt: 1, missed: 3, maxAttempts: 5, status: 'running' };
      expect(run).toEqual({
        ...expected,
        replica: 'a',
        fencingToken: expect.any(Number) as number,
        startedAt: expect.any(Number) as number,
        finishedAt: null,
        error: null,
      });
      expect(state).toMatchObject({
        cursor: 1_000,
        active: 1,
        slot: 1_000,
        startedAt: run!.startedAt,
        finishedAt: null,
      });
      expect((await f.a.beat('a', LONG_MS)).mine).toEqual([run]);
    });

    it('grants no slot that is older than the last, nor one whose asker does not know the last', async () => {
      await f.granted(1_000);
      expect((await f.claim(f.a, 'a', claimOf(900, { cursor: 1_000 }))).run).toBeNull();
      expect((await f.claim(f.a, 'a', claimOf(2_000, { cursor: 500 }))).run).toBeNull();
      expect((await f.claim(f.a, 'a', claimOf(2_000, { cursor: 1_000 }))).run).not.toBeNull();
    });

    it('grants no slot before its time by the store, and tells that time', async () => {
      const { now } = await f.a.beat('a', LONG_MS);
      const slot = now + 5_000;
      const { run, state } = await f.claim(f.a, 'a', claimOf(slot));
      expect(run).toBeNull();
      expect(state!.readAt).toBeGreaterThanOrEqual(now);
      expect(state!.readAt).toBeLessThan(slot);
    });

    it('grants nothing to a replica that is not alive, nor for a task it does not know', async () => {
      expect((await f.claim(f.b, 'ghost', claimOf(1_000))).run).toBeNull();
      expect(await f.claim(f.a, 'a', claimOf(1_000, { name: 'unknown' }))).toEqual({ run: null, state: null });
    });

    it('grants nothing while paused, and nothing of that time afterwards', async () => {
      await f.a.pause('task', true);
      expect((await f.claim(f.a, 'a', claimOf(1_000))).run).toBeNull();
      expect((await f.known()).paused).toBe(true);
      const { now } = await f.a.beat('a', LONG_MS);
      await f.b.pause('task', false);
      expect((await f.known()).cursor).toBeGreaterThanOrEqual(now);
    });

    it('refuses an exclusive claim while a run is active, on whatever replica, and no other', async () => {
      const run = await f.granted(1_000);
      await f.b.beat('b', LONG_MS);
      const refused = await f.claim(f.b, 'b', claimOf(2_000, { exclusive: true }));
      expect(refused).toMatchObject({ run: null, state: { active: 1, cursor: 1_000 } });
      expect((await f.claim(f.b, 'b', claimOf(2_000))).run).not.toBeNull();
      await f.a.finish('a', [ended(run)]);
      expect((await f.claim(f.b, 'b', claimOf(3_000, { exclusive: true }))).run).toBeNull();
    });

    it('lets a slot go: moves the cursor, runs nothing and says so in the history', async () => {
      const run = await f.granted(1_000);
      const { run: none, state } = await f.claim(
        f.a,
        'a',
        claimOf(2_000, { letGo: 'overlap', cursor: 1_000, missed: 2 }),
      );
      expect(none).toBeNull();
      expect(state).toMatchObject({ cursor: 2_000, active: 1, slot: 1_000, startedAt: run.startedAt });
      expect((await f.claim(f.a, 'a', claimOf(2_000, { cursor: 2_000 }))).run).toBeNull();
      const next = await f.granted(3_000, { cursor: 2_000 });
      expect(next.fencingToken).toBeGreaterThan(run.fencingToken);
      const gone = { slot: 2_000, missed: 2, status: 'skipped', error: 'overlap', startedAt: null, replica: 'a' };
      expect(await f.a.history('task', 5)).toEqual([expect.objectContaining(gone)]);
      await f.a.finish('a', [ended(run)]);
      await vi.waitFor(async () => expect((await f.known()).readAt).toBeGreaterThan((await f.known()).finishedAt!));
      await f.a.finish('a', [ended(next)]);
      for (let slot = 4_000; slot < 8_000; slot += 1_000) await f.claim(f.a, 'a', claimOf(slot, { letGo: 'misfire' }));
      expect(await f.known()).toMatchObject({ active: 0, lastRun: { runId: next.runId } });
      await vi.waitFor(async () => {
        await f.a.beat('a', LONG_MS);
        expect((await f.a.history('task', 10)).map(({ slot }) => slot)).toEqual([7_000, 6_000, 5_000]);
      });
    });

    it('answers many claims in their order', async () => {
      await f.a.register([{ ...task({ name: 'other' }), notBefore: 0 }]);
      const asked = [claimOf(1_000), claimOf(1_000, { name: 'nobody' }), claimOf(1_000, { name: 'other' })];
      const answers = await f.a.claim('a', asked);
      expect(answers.map(({ run }) => run?.name)).toEqual(['task', undefined, 'other']);
    });

    it('hands out growing fencing tokens per task, above the clock of the store', async () => {
      const { now } = await f.a.beat('a', LONG_MS);
      const tokens: number[] = [];
      for (let slot = 1; slot <= 20; slot++) tokens.push((await f.granted(slot)).fencingToken);
      expect(tokens).toEqual([...tokens].sort((x, y) => x - y));
      expect(new Set(tokens).size).toBe(20);
      expect(tokens[0]).toBeGreaterThanOrEqual(now * 1_000);
      expect(Number.isSafeInteger(tokens[0])).toBe(true);
    });
  });
}
