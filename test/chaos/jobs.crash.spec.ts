import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BackendName } from '@rookery/testing';
import { JobsCluster } from './fixtures/jobs.cluster.js';
import { scenario } from './report.js';

const WAIT = { timeout: 60_000, interval: 50 };
/** What is promised; the specs only refuse what is far from it, since the machine may be busy. */
const RESTART_MS = 15_000;

/** The default is kept where its promise is measured. */
const SHORT_LEASE = { LEASE_MS: '3000' };

const backends: BackendName[] = ['redis', 'postgres'];
describe.each(backends)('jobs on %s whose replica dies', (backend) => {
  let jobs: JobsCluster;
  afterEach(() => jobs.stop());

  it('start again elsewhere, also the second time, and no attempt is counted', async () => {
    const fault = 'worker killed in mid-job, twice';
    const must = 'runs again within 15 s each time, attempts not burned';
    const row = scenario({ id: 'job-killed-twice', backend, fault, must, withinMs: RESTART_MS });
    jobs = await JobsCluster.start(backend, { replicas: 3 });
    const id = await jobs.call<string>(0, '/enqueue', { job: 'chaos.long', args: { ms: 2_000 } });
    const gaps: number[] = [];
    for (const kills of [1, 2]) {
      row.operations++;
      await vi.waitFor(() => expect(jobs.notes('start')).toHaveLength(kills), WAIT);
      const killedAt = performance.timeOrigin + performance.now();
      await jobs.cluster.kill(jobs.indexOf(jobs.notes('start').at(-1)!.replica));
      await vi.waitFor(() => expect(jobs.notes('start')).toHaveLength(kills + 1), WAIT);
      gaps.push(jobs.notes('start').at(-1)!.at - killedAt);
    }
    await vi.waitFor(() => expect(jobs.notes('end')).toHaveLength(1), WAIT);
    const survivor = jobs.indexOf(jobs.notes('end')[0].replica);
    await vi.waitFor(async () => {
      expect(await jobs.info(survivor, 'chaos.long', id)).toMatchObject({
        state: 'completed',
        attemptsMade: 1,
        crashes: 2,
      });
    }, WAIT);
    expect(jobs.notes('start').map(({ attempt, crashes }) => ({ attempt, crashes }))).toEqual([
      { attempt: 1, crashes: 0 },
      { attempt: 1, crashes: 1 },
      { attempt: 1, crashes: 2 },
    ]);
    row.recoveredMs = Math.max(...gaps);
    expect(row.recoveredMs).toBeLessThan(2 * RESTART_MS);
  });

  it('are given up when they take their replica down again and again, with the reason', async () => {
    const must = 'stops after maxCrashes, reason kept';
    scenario({ id: 'job-poison', backend, fault: 'a job that kills its worker', must, operations: 3 });
    jobs = await JobsCluster.start(backend, { replicas: 4, env: SHORT_LEASE });
    const id = await jobs.call<string>(3, '/enqueue', { job: 'chaos.poison', args: {} });
    await vi.waitFor(() => expect(jobs.cluster.replicas.filter(({ pid }) => pid === undefined)).toHaveLength(3), {
      ...WAIT,
      timeout: 90_000,
    });
    const left = jobs.cluster.replicas.findIndex(({ pid }) => pid !== undefined);
    await vi.waitFor(async () => {
      expect(await jobs.info(left, 'chaos.poison', id)).toMatchObject({
        state: 'failed',
        crashes: 3,
        failedReason: expect.stringContaining('is given up: 3 times') as string,
      });
    }, WAIT);
    expect(jobs.notes('start')).toHaveLength(3);
  });

  it('are told so on waking up, and what the sleeper returns is not recorded', async () => {
    const must = 'the other run starts, the first is told on resume, its completion is refused';
    scenario({ id: 'job-paused', backend, fault: 'worker stopped past its lease', must, operations: 1 });
    jobs = await JobsCluster.start(backend, { env: SHORT_LEASE });
    const id = await jobs.call<string>(0, '/enqueue', { job: 'chaos.long', args: { ms: 3_000, firstMs: 120_000 } });
    await vi.waitFor(() => expect(jobs.notes('start')).toHaveLength(1), WAIT);
    const sleeper = jobs.indexOf(jobs.notes('start')[0].replica);
    await jobs.cluster.pause(sleeper);
    await vi.waitFor(() => expect(jobs.notes('start')).toHaveLength(2), WAIT);
    await jobs.cluster.resume(sleeper);
    const other = 1 - sleeper;
    await vi.waitFor(async () => {
      expect(await jobs.info(other, 'chaos.long', id)).toMatchObject({
        state: 'completed',
        result: jobs.cluster.replicas[other].id,
        attemptsMade: 1,
      });
    }, WAIT);
    expect(jobs.notes('aborted')).toMatchObject([
      { replica: jobs.cluster.replicas[sleeper].id, reason: 'ROOKERY_JOB_LEASE_LOST' },
    ]);
    expect(jobs.notes('end')).toMatchObject([{ replica: jobs.cluster.replicas[other].id }]);
    // The sleeper lives on and takes further jobs.
    await jobs.cluster.terminate(other);
    await jobs.call(sleeper, '/enqueue', { job: 'chaos.long', args: { ms: 1 } });
    await vi.waitFor(() => expect(jobs.notes('end').at(-1)!.replica).toBe(jobs.cluster.replicas[sleeper].id), WAIT);
  });
});
