import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunOutcome, RunRecord, SlotClaim, TaskDefinition, WorkersDriver } from '../workers.driver.js';

/** Makes a driver on a store that all drivers of one call to the suite share; `application` keeps the cases apart. */
export type WorkersDriverFactory = (application: string, historySize: number) => Promise<WorkersDriver> | WorkersDriver;

const LEASE_MS = 400;
const LONG_MS = 60_000;

/** What every driver must hold; users' own drivers too. */
export function describeWorkersDriver(kind: string, create: WorkersDriverFactory): void {
  describe(`WorkersDriver on ${kind}`, () => {
    let a: WorkersDriver;
    let b: WorkersDriver;

    beforeEach(async () => {
      const application = randomUUID();
      [a, b] = [await create(application, 3), await create(application, 3)];
      await Promise.all([a.open(), b.open()]);
      await a.beat('a', LONG_MS);
    });

    afterEach(async () => {
      await Promise.all([a.close(), b.close()]);
    });

    const task = (over: Partial<TaskDefinition> = {}): TaskDefinition => ({
      name: 'task',
      kind: 'interval',
      schedule: '{"everyMs":1000}',
      source: 'code',
      ...over,
    });
    const claimOf = (slot: number, over: Partial<SlotClaim> = {}): SlotClaim => {
      const given = { runId: randomUUID(), name: 'task', cursor: slot - 1, missed: 0, maxAttempts: 2 };
      return { ...given, slot, exclusive: false, ...over };
    };
    const claim = async (by: WorkersDriver, replica: string, asked: SlotClaim) => (await by.claim(replica, [asked]))[0];
    const granted = async (slot: number, over?: Partial<SlotClaim>) =>
      (await claim(a, 'a', claimOf(slot, over))).run as RunRecord;
    const ended = (run: RunRecord, over: Partial<RunOutcome> = {}): RunOutcome => {
      const given = { runId: run.runId, name: run.name, error: null, rerun: false };
      return { ...given, status: 'succeeded', ...over };
    };
    const known = async (name = 'task') => (await a.load([name]))[0];

    describe('tasks', () => {
      it('starts a new task now, or from where it is told', async () => {
        const { now } = await a.beat('a', LONG_MS);
        await a.register([task(), { ...task({ name: 'early' }), notBefore: 7 }]);
        expect((await known()).cursor).toBeGreaterThanOrEqual(now);
        expect((await known('early')).cursor).toBe(7);
        expect((await known()).definition).toEqual(task());
      });

      it('keeps the cursor of a task it knows, and moves it to now when the schedule changed', async () => {
        await a.register([{ ...task(), notBefore: 7 }]);
        await a.register([{ ...task({ data: '{"x":1}' }), notBefore: 9 }]);
        expect(await known()).toMatchObject({ cursor: 7, definition: { data: '{"x":1}' } });
        await a.register([task({ schedule: '{"everyMs":2000}' })]);
        expect((await known()).cursor).toBeGreaterThan(7);
      });

      it('tells a change of definitions and pauses by the version, and nothing else', async () => {
        const version = async () => (await a.beat('a', LONG_MS)).version;
        await a.register([task()]);
        const first = await version();
        await a.register([task()]);
        expect(await version()).toBe(first);
        await b.register([task({ policy: '{}' })]);
        const second = await version();
        expect(second).toBeGreaterThan(first);
        await b.pause('task', true);
        const third = await version();
        expect(third).toBeGreaterThan(second);
        await b.remove('task');
        expect(await version()).toBeGreaterThan(third);
      });

      it('forgets tasks from code that nobody registers any more, and no others', async () => {
        await a.register([task({ name: 'old' }), task({ name: 'dynamic', source: 'dynamic' })]);
        await a.forget(LONG_MS);
        expect(await a.load()).toHaveLength(2);
        await vi.waitFor(async () => {
          await a.register([task({ name: 'kept' })]);
          await a.forget(50);
          expect((await a.load()).map(({ name }) => name).sort()).toEqual(['dynamic', 'kept']);
        });
      });

      it('keeps applications apart', async () => {
        const other = await create(randomUUID(), 3);
        await other.open();
        await a.register([task()]);
        expect(await other.load()).toEqual([]);
        expect((await other.beat('x', LONG_MS)).replicas).toEqual(['x']);
        await other.close();
      });

      it('removes a task with its history, once', async () => {
        await a.register([{ ...task(), notBefore: 0 }]);
        await a.finish('a', [ended(await granted(10))]);
        expect(await a.remove('task')).toBe(true);
        expect(await a.remove('task')).toBe(false);
        expect(await a.load()).toEqual([]);
        expect(await a.history('task', 10)).toEqual([]);
        expect(await a.pause('task', true)).toBe(false);
      });
    });

    describe('slots', () => {
      beforeEach(() => a.register([{ ...task(), notBefore: 0 }]));

      it('grants a slot once, however many ask at the same time', async () => {
        await b.beat('b', LONG_MS);
        for (let slot = 1_000; slot < 1_020; slot++) {
          const asked = [a, b, a, b].map((driver, i) => claim(driver, i % 2 ? 'b' : 'a', claimOf(slot)));
          const answers = await Promise.all(asked);
          expect(answers.filter(({ run }) => run !== null)).toHaveLength(1);
          expect(answers.every(({ state }) => state?.cursor === slot)).toBe(true);
        }
      });

      it('tells all about the run that it grants', async () => {
        const asked = claimOf(1_000, { missed: 3, maxAttempts: 5 });
        const { run, state } = await claim(a, 'a', asked);
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
        expect(state).toMatchObject({ cursor: 1_000, active: 1, startedAt: run!.startedAt, finishedAt: null });
        expect((await a.beat('a', LONG_MS)).mine).toEqual([run]);
      });

      it('grants no slot that is older than the last, nor one whose asker does not know the last', async () => {
        await granted(1_000);
        expect((await claim(a, 'a', claimOf(900, { cursor: 1_000 }))).run).toBeNull();
        expect((await claim(a, 'a', claimOf(2_000, { cursor: 500 }))).run).toBeNull();
        expect((await claim(a, 'a', claimOf(2_000, { cursor: 1_000 }))).run).not.toBeNull();
      });

      it('grants no slot before its time by the store, and tells that time', async () => {
        const { now } = await a.beat('a', LONG_MS);
        const slot = now + 5_000;
        const { run, state } = await claim(a, 'a', claimOf(slot));
        expect(run).toBeNull();
        expect(state!.readAt).toBeGreaterThanOrEqual(now);
        expect(state!.readAt).toBeLessThan(slot);
      });

      it('grants nothing to a replica that is not alive, nor for a task it does not know', async () => {
        expect((await claim(b, 'ghost', claimOf(1_000))).run).toBeNull();
        expect(await claim(a, 'a', claimOf(1_000, { name: 'unknown' }))).toEqual({ run: null, state: null });
      });

      it('grants nothing while paused, and nothing of that time afterwards', async () => {
        await a.pause('task', true);
        expect((await claim(a, 'a', claimOf(1_000))).run).toBeNull();
        expect((await known()).paused).toBe(true);
        const { now } = await a.beat('a', LONG_MS);
        await b.pause('task', false);
        expect((await known()).cursor).toBeGreaterThanOrEqual(now);
      });

      it('refuses an exclusive claim while a run is active, on whatever replica, and no other', async () => {
        const run = await granted(1_000);
        await b.beat('b', LONG_MS);
        const refused = await claim(b, 'b', claimOf(2_000, { exclusive: true }));
        expect(refused).toMatchObject({ run: null, state: { active: 1, cursor: 1_000 } });
        expect((await claim(b, 'b', claimOf(2_000))).run).not.toBeNull();
        await a.finish('a', [ended(run)]);
        expect((await claim(b, 'b', claimOf(3_000, { exclusive: true }))).run).toBeNull();
      });

      it('answers many claims in their order', async () => {
        await a.register([{ ...task({ name: 'other' }), notBefore: 0 }]);
        const asked = [claimOf(1_000), claimOf(1_000, { name: 'nobody' }), claimOf(1_000, { name: 'other' })];
        const answers = await a.claim('a', asked);
        expect(answers.map(({ run }) => run?.name)).toEqual(['task', undefined, 'other']);
      });

      it('hands out growing fencing tokens per task, above the clock of the store', async () => {
        const { now } = await a.beat('a', LONG_MS);
        const tokens: number[] = [];
        for (let slot = 1; slot <= 20; slot++) tokens.push((await granted(slot)).fencingToken);
        expect(tokens).toEqual([...tokens].sort((x, y) => x - y));
        expect(new Set(tokens).size).toBe(20);
        expect(tokens[0]).toBeGreaterThanOrEqual(now * 1_000);
        expect(Number.isSafeInteger(tokens[0])).toBe(true);
      });
    });

    describe('the end of a run', () => {
      beforeEach(() => a.register([{ ...task(), notBefore: 0 }]));

      it('is recorded once, by its replica only', async () => {
        const run = await granted(1_000);
        expect(await b.finish('b', [ended(run)])).toEqual([null]);
        const [state] = await a.finish('a', [ended(run)]);
        expect(state).toMatchObject({ active: 0, failures: 0, finishedAt: expect.any(Number) as number });
        expect(await a.finish('a', [ended(run)])).toEqual([null]);
        expect(await a.history('task', 10)).toEqual([
          { ...run, status: 'succeeded', finishedAt: state!.finishedAt, error: null },
        ]);
        expect((await known()).lastRun).toMatchObject({ runId: run.runId, status: 'succeeded' });
      });

      it('counts failures until the next good run, and keeps the newest of the history', async () => {
        for (const slot of [1, 2, 3, 4]) {
          const run = await granted(slot);
          await a.finish('a', [ended(run, { status: slot < 4 ? 'failed' : 'timed-out', error: `error ${slot} ü"\\` })]);
          expect((await known()).failures).toBe(slot);
        }
        await vi.waitFor(async () => {
          await a.beat('a', LONG_MS);
          const history = await a.history('task', 10);
          expect(history.map(({ error }) => error)).toEqual(['error 4 ü"\\', 'error 3 ü"\\', 'error 2 ü"\\']);
        });
        expect(await a.history('task', 1)).toHaveLength(1);
        await a.finish('a', [ended(await granted(5))]);
        expect((await known()).failures).toBe(0);
      });

      it('takes many ends in one call', async () => {
        const runs = [await granted(1), await granted(2)];
        await a.register([{ ...task({ name: 'other' }), notBefore: 0 }]);
        runs.push(await granted(1, { name: 'other' }));
        const states = await a.finish('a', [...runs.map((run) => ended(run)), ended({ ...runs[0], runId: 'unknown' })]);
        expect(states.map((state) => state?.name)).toEqual(['task', 'task', 'other', undefined]);
        expect((await known()).active).toBe(0);
      });

      it('puts a run that was cut back for others, without using an attempt up', async () => {
        const run = await granted(1_000, { maxAttempts: 1, missed: 4 });
        await a.finish('a', [ended(run, { status: 'cut', rerun: true })]);
        const { pending } = await b.beat('b', LONG_MS);
        expect(pending).toEqual([expect.objectContaining({ slot: 1_000, attempt: 2, maxAttempts: 2, missed: 4 })]);
        expect(pending[0].runId).not.toBe(run.runId);
        const taken = await b.take('b', pending[0].runId);
        expect(taken).toMatchObject({ replica: 'b', status: 'running', attempt: 2 });
        expect(taken!.fencingToken).toBeGreaterThan(run.fencingToken);
        expect(await a.take('a', pending[0].runId)).toBeNull();
        expect((await known()).active).toBe(1);
      });
    });

    describe('runs by hand', () => {
      it('wait for one replica, and do not move the slots', async () => {
        await a.register([{ ...task(), notBefore: 7 }]);
        expect(await a.request('unknown', 'r', 1)).toBe(false);
        expect(await a.request('task', 'by-hand', 1)).toBe(true);
        await b.beat('b', LONG_MS);
        expect((await a.beat('a', LONG_MS)).pending).toMatchObject([{ runId: 'by-hand', replica: null }]);
        expect(await b.take('ghost', 'by-hand')).toBeNull();
        const taken = await Promise.all([a.take('a', 'by-hand'), b.take('b', 'by-hand')]);
        expect(taken.filter((run) => run !== null)).toHaveLength(1);
        expect(await known()).toMatchObject({ cursor: 7, active: 1 });
      });
    });

    describe('replicas', () => {
      it('are listed while they live, and gone when they leave', async () => {
        await b.beat('b', LONG_MS);
        expect((await a.beat('a', LONG_MS)).replicas.sort()).toEqual(['a', 'b']);
        await b.leave('b');
        expect((await a.beat('a', LONG_MS)).replicas).toEqual(['a']);
      });

      it('keep the cluster up as long as one of them lives', async () => {
        const { upSince } = await a.beat('a', LEASE_MS);
        expect((await b.beat('b', LEASE_MS)).upSince).toBe(upSince);
        await a.leave('a');
        expect((await b.beat('b', LEASE_MS)).upSince).toBe(upSince);
        await b.leave('b');
        const again = await a.beat('a2', LEASE_MS);
        expect(again.upSince).toBeGreaterThanOrEqual(upSince);
        expect(again.upSince).toBe(again.now);
      });

      it('lose their runs when they die: recorded as crashed, and waiting for another while attempts are left', async () => {
        await a.register([{ ...task(), notBefore: 0 }]);
        await b.beat('b', LEASE_MS);
        const { run } = await claim(b, 'b', claimOf(1_000));
        let waiting: RunRecord[] = [];
        await vi.waitFor(
          async () => {
            waiting = (await a.beat('a', LONG_MS)).pending;
            expect(waiting).toHaveLength(1);
          },
          { timeout: 10_000, interval: 100 },
        );
        expect(waiting[0]).toMatchObject({ slot: 1_000, attempt: 2, status: 'pending' });
        const [crashed] = await a.history('task', 1);
        expect(crashed).toMatchObject({ runId: run!.runId, status: 'crashed', replica: 'b' });
        expect(crashed.finishedAt).toBeLessThan(run!.startedAt! + LEASE_MS);
        expect(await b.finish('b', [ended(run!)])).toEqual([null]);

        await b.beat('c', LEASE_MS);
        await b.take('c', waiting[0].runId);
        await vi.waitFor(
          async () => {
            expect((await a.beat('a', LONG_MS)).pending).toEqual([]);
            expect((await known()).active).toBe(0);
          },
          { timeout: 10_000, interval: 100 },
        );
        expect((await a.history('task', 9)).map(({ status }) => status)).toEqual(['crashed', 'crashed']);
      });

      it('keep their runs after a time in which the store heard of nobody', async () => {
        await a.register([{ ...task(), notBefore: 0 }]);
        await b.beat('b', LEASE_MS);
        await a.beat('a', LEASE_MS);
        const { run } = await claim(b, 'b', claimOf(1_000));
        await new Promise((resolve) => setTimeout(resolve, LEASE_MS * 2));
        await a.beat('a', LEASE_MS);
        expect((await b.beat('b', LEASE_MS)).mine.map(({ runId }) => runId)).toEqual([run!.runId]);
        expect(await b.finish('b', [ended(run!)])).toEqual([expect.objectContaining({ active: 0 })]);
      });
    });

    it('tells by the version that a worker has ended', async () => {
      await a.register([{ ...task({ kind: 'worker' }), notBefore: 0 }]);
      const run = await granted(1_000);
      const { version } = await a.beat('a', LONG_MS);
      await a.finish('a', [ended(run)]);
      expect((await b.beat('b', LONG_MS)).version).toBeGreaterThan(version);
    });
  });
}
