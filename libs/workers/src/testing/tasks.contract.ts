import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { type DriverFixture, LONG_MS, ended, task } from './driver-fixture.js';

/** What drivers hold about definitions. */
export function describeTasks(f: DriverFixture): void {
  describe('tasks', () => {
    it('starts a new task now, or from where it is told', async () => {
      const { now } = await f.a.beat('a', LONG_MS);
      await f.a.register([task(), { ...task({ name: 'early' }), notBefore: 7 }]);
      expect((await f.known()).cursor).toBeGreaterThanOrEqual(now);
      expect((await f.known('early')).cursor).toBe(7);
      expect((await f.known()).definition).toEqual(task());
    });

    it('keeps the cursor of a task it knows, and moves it to now when the schedule changed', async () => {
      await f.a.register([{ ...task(), notBefore: 7 }]);
      await f.a.register([{ ...task({ data: '{"x":1}' }), notBefore: 9 }]);
      expect(await f.known()).toMatchObject({ cursor: 7, definition: { data: '{"x":1}' } });
      await f.a.register([task({ schedule: '{"everyMs":2000}' })]);
      expect((await f.known()).cursor).toBeGreaterThan(7);
    });

    it('tells a change of definitions and pauses by the version, and nothing else', async () => {
      const version = async () => (await f.a.beat('a', LONG_MS)).version;
      await f.a.register([task()]);
      const first = await version();
      await f.a.register([task()]);
      expect(await version()).toBe(first);
      await f.b.register([task({ policy: '{}' })]);
      const second = await version();
      expect(second).toBeGreaterThan(first);
      await f.b.pause('task', true);
      const third = await version();
      expect(third).toBeGreaterThan(second);
      await f.b.remove('task');
      expect(await version()).toBeGreaterThan(third);
    });

    it('forgets tasks from code that nobody registers any more, and no others', async () => {
      await f.a.register([task({ name: 'old' }), task({ name: 'dynamic', source: 'dynamic' })]);
      await f.a.forget(LONG_MS);
      expect(await f.a.load()).toHaveLength(2);
      await vi.waitFor(async () => {
        await f.a.register([task({ name: 'kept' })]);
        await f.a.forget(50);
        expect((await f.a.load()).map(({ name }) => name).sort()).toEqual(['dynamic', 'kept']);
      });
    });

    it('keeps applications apart', async () => {
      const other = await f.create(randomUUID());
      await other.open();
      await f.a.register([task()]);
      expect(await other.load()).toEqual([]);
      expect((await other.beat('x', LONG_MS)).replicas).toEqual(['x']);
      await other.close();
    });

    it('removes a task with its history, once', async () => {
      await f.a.register([{ ...task(), notBefore: 0 }]);
      await f.a.finish('a', [ended(await f.granted(10))]);
      expect(await f.a.remove('task')).toBe(true);
      expect(await f.a.remove('task')).toBe(false);
      expect(await f.a.load()).toEqual([]);
      expect(await f.a.history('task', 10)).toEqual([]);
      expect(await f.a.pause('task', true)).toBe(false);
    });
  });
}
