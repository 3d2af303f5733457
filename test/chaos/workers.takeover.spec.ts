import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendName } from '@rookery/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WorkersCluster } from './fixtures/workers.cluster.js';
import { scale, scenario } from './report.js';

const WAIT = { timeout: 60_000, interval: 50 };
/** What is promised; the specs only refuse what is far from it, since the machine may be busy. */
const TAKEOVER_MS = 5_000;
const now = () => performance.timeOrigin + performance.now();

const backends: BackendName[] = ['redis', 'postgres'];
describe.each(backends)('a worker on %s', (backend) => {
  let workers: WorkersCluster;
  afterEach(() => workers.stop());

  it('moves when its replica is killed', async () => {
    const must = 'another replica has it within 5 s';
    const row = scenario({ id: 'worker-killed', backend, fault: 'SIGKILL', must, withinMs: TAKEOVER_MS });
    workers = await WorkersCluster.start(backend);
    const gaps: number[] = [];
    for (const kills of scale === 1 ? [1] : [1, 2]) {
      row.operations++;
      await vi.waitFor(() => expect(workers.notes('feed-start')).toHaveLength(kills), WAIT);
      await sleep(1_000);
      const killedAt = now();
      await workers.cluster.kill(workers.indexOf(workers.notes('feed-start').at(-1)!.replica));
      await vi.waitFor(() => expect(workers.notes('feed-start')).toHaveLength(kills + 1), WAIT);
      gaps.push(workers.notes('feed-start').at(-1)!.at - killedAt);
    }
    row.recoveredMs = Math.max(...gaps);
    expect(row.recoveredMs).toBeLessThan(3 * TAKEOVER_MS);
  });

  it('moves when its replica is paused, which is told on waking up, at once', async () => {
    scenario({ id: 'worker-paused', backend, fault: 'SIGSTOP', must: 'moves; the sleeper is told', operations: 1 });
    workers = await WorkersCluster.start(backend);
    await vi.waitFor(() => expect(workers.notes('feed-start')).toHaveLength(1), WAIT);
    await sleep(1_000);
    const first = workers.notes('feed-start')[0].replica;
    await workers.cluster.pause(workers.indexOf(first));
    await vi.waitFor(() => expect(workers.notes('feed-start')).toHaveLength(2), WAIT);
    expect(workers.notes('feed-start')[1].replica).not.toBe(first);
    await workers.cluster.resume(workers.indexOf(first));
    await vi.waitFor(() => expect(workers.notes('feed-end')).toHaveLength(1), WAIT);
    expect(workers.notes('feed-end')[0]).toMatchObject({ replica: first, reason: 'ROOKERY_RUN_LOST' });
    await sleep(2_000);
    expect(workers.notes('feed-start')).toHaveLength(2);
  });

  it('ends in time when the store goes away, and lives again when it is back', async () => {
    const must = 'told before its lease can end, and starts again';
    const row = scenario({ id: 'worker-store-frozen', backend, fault: 'store SIGSTOP', must, operations: 1 });
    workers = await WorkersCluster.start(backend, { replicas: 2 });
    await vi.waitFor(() => expect(workers.notes('feed-start')).toHaveLength(1), WAIT);
    const store = backend === 'redis' ? workers.cluster.redis! : workers.cluster.postgres!;
    await sleep(1_500);
    await store.pause();
    await vi.waitFor(() => expect(workers.notes('feed-end')).toHaveLength(1), WAIT);
    expect(workers.notes('feed-end')[0].reason).toBe('ROOKERY_RUN_LOST');
    await store.resume();
    const backAt = now();
    await vi.waitFor(() => expect(workers.notes('feed-start')).toHaveLength(2), WAIT);
    row.recoveredMs = workers.notes('feed-start')[1].at - backAt;
    await vi.waitFor(async () => {
      const tasks = (await workers.list(0)).filter(({ kind }) => kind === 'interval');
      expect(tasks.map(({ overdueMs }) => overdueMs < 2_000)).toEqual([true, true, true, true, true]);
      expect(tasks.every(({ runs }) => runs.every(({ startedAt }) => startedAt! > backAt))).toBe(true);
    }, WAIT);
    expect(workers.notes('unhandled')).toEqual([]);
  });
});
