import { Injectable } from '@nestjs/common';
import { ClusteredCron, ClusteredInterval, type WorkerRun } from '@rookery/workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BACKENDS, service, type TestCluster } from './workers.cluster.js';

const SLOW = { timeout: 30_000, interval: 50 };

describe.each(BACKENDS)('slots on %s', (_kind, create) => {
  let cluster: TestCluster;
  beforeEach(() => void (cluster = create()));
  afterEach(() => cluster.stop());

  it('runs each slot of a cron and of an interval exactly once over three replicas', async () => {
    const runs: { name: string; slot: number; missed: number; token: number }[] = [];
    const note = ({ name, scheduledAt, missed, fencingToken }: WorkerRun) =>
      void runs.push({ name, slot: scheduledAt.getTime(), missed, token: fencingToken });

    @Injectable()
    class Tasks {
      @ClusteredCron('* * * * * *', { name: 'cron' })
      async cron(run: WorkerRun) {
        note(run);
      }
      @ClusteredInterval(200, { name: 'interval', overlap: 'queue' })
      async interval(run: WorkerRun) {
        note(run);
      }
    }
    await cluster.startThree(Tasks);
    await vi.waitFor(() => expect(runs.filter(({ name }) => name === 'interval').length).toBeGreaterThan(25), SLOW);
    for (const [name, periodMs] of [
      ['cron', 1_000],
      ['interval', 200],
    ] as const) {
      const of = runs.filter((run) => run.name === name);
      const slots = of.map(({ slot }) => slot);
      const expected = slots.map((_, index) => slots[0] + index * periodMs);
      expect(slots).toEqual(expected);
      expect(of.every(({ token }, index) => index === 0 || token > of[index - 1].token)).toBe(true);
    }
  });

  it('spreads the slots over the replicas', async () => {
    const by = new Map<object, number>();

    @Injectable()
    class Tasks {
      @ClusteredInterval(100, { name: 'a', overlap: 'queue' }) a() {
        by.set(this, (by.get(this) ?? 0) + 1);
      }
      @ClusteredInterval(100, { name: 'b', overlap: 'queue' }) b() {
        by.set(this, (by.get(this) ?? 0) + 1);
      }
      @ClusteredInterval(100, { name: 'c', overlap: 'queue' }) c() {
        by.set(this, (by.get(this) ?? 0) + 1);
      }
    }
    await cluster.startThree(Tasks);
    const total = () => [...by.values()].reduce((sum, count) => sum + count, 0);
    await vi.waitFor(() => expect(total()).toBeGreaterThan(150), SLOW);
    expect(Math.max(...by.values())).toBeLessThan(total() / 2);
  });

  it('leaves the history of what ran where', async () => {
    @Injectable()
    class Tasks {
      @ClusteredInterval(100, { name: 'fails' }) fails() {
        throw new TypeError('no such plan');
      }
    }
    const app = await cluster.start({ providers: [Tasks] });
    const workers = service(app);
    await vi.waitFor(async () => expect((await workers.history('fails')).length).toBeGreaterThan(2), SLOW);
    const [last] = await workers.history('fails', 1);
    expect(last).toMatchObject({ status: 'failed', error: 'TypeError: no such plan', attempt: 1 });
    const task = (await workers.list()).find(({ name }) => name === 'fails')!;
    expect(task).toMatchObject({ name: 'fails', kind: 'interval', schedule: { everyMs: 100 }, paused: false });
    expect(task.consecutiveFailures).toBeGreaterThan(2);
  });
});
