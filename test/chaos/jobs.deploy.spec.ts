import { afterEach, describe, expect, it, vi } from 'vitest';
import { startRedis, type BackendName, type StoreHandle } from '@rookery/testing';
import { JobsCluster } from './fixtures/jobs.cluster.js';
import { scale, scenario } from './report.js';

const WAIT = { timeout: 60_000, interval: 50 };

const backends: BackendName[] = ['redis', 'postgres'];
describe.each(backends)('jobs on %s', (backend) => {
  let jobs: JobsCluster | undefined;
  let redis: StoreHandle | undefined;
  afterEach(async () => {
    await jobs?.stop();
    await redis?.stop();
    jobs = redis = undefined;
  });

  it('go over to another replica when theirs is deployed: none fails, no attempt is counted', async () => {
    const many = 200;
    const fault = `SIGTERM under ${many} running jobs`;
    const must = '0 failed, 0 attempts burned, all running elsewhere within 1 s of being given back';
    const row = scenario({ id: 'jobs-deploy', backend, fault, must, operations: many, withinMs: 1_000 });
    jobs = await JobsCluster.start(backend);
    const args = Array.from({ length: many }, () => ({ ms: 600_000 }));
    await jobs.cluster.terminate(1);
    const ids = await jobs.call<string[]>(0, '/enqueue-many', { job: 'chaos.long', args });
    await vi.waitFor(() => expect(jobs!.notes('start')).toHaveLength(many), WAIT);
    await jobs.cluster.start(1);
    const ending = jobs.cluster.terminate(0);
    await vi.waitFor(() => expect(jobs!.notes('start')).toHaveLength(2 * many), WAIT);
    await ending;
    const second = jobs.notes('start').slice(many);
    expect(new Set(second.map(({ id }) => id))).toEqual(new Set(ids));
    expect(second.filter(({ attempt, crashes }) => attempt !== 1 || crashes !== 0)).toEqual([]);
    expect(jobs.notes('aborted').every(({ reason }) => reason === 'ROOKERY_JOB_INTERRUPTED')).toBe(true);
    expect(await jobs.call(1, '/stats', { job: 'chaos.long' })).toMatchObject({ active: many, failed: 0 });
    const gaveBack = Math.max(...jobs.notes('aborted').map(({ at }) => at));
    row.recoveredMs = Math.max(0, Math.max(...second.map(({ at }) => at)) - gaveBack);
  });

  it('are all done though their store crashes and comes back', async () => {
    const many = 300 * scale;
    const fault = 'store killed for 2 s';
    const must = 'all run, and work goes on within 2 s of its return';
    const row = scenario({ id: 'jobs-store-crash', backend, fault, must, operations: many, withinMs: 2_000 });
    if (backend === 'redis') redis = await startRedis({ appendOnly: true, settings: { appendfsync: 'always' } });
    jobs = await JobsCluster.start(backend, { ...(redis && { redis }), env: { CONCURRENCY: '10' } });
    const store = redis ?? jobs.cluster.postgres!;
    const args = Array.from({ length: many }, (_, n) => ({ n }));
    const half = many / 2;
    await jobs.call(0, '/enqueue-many', { job: 'chaos.mark', args: args.slice(0, half) });
    await vi.waitFor(() => expect(jobs!.notes('mark').length).toBeGreaterThan(10), WAIT);
    // It hangs first, so that what is under way when it dies never gets an answer.
    await store.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await store.kill();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await store.start();
    const back = performance.timeOrigin + performance.now();
    await vi.waitFor(() => jobs!.call(0, '/enqueue-many', { job: 'chaos.mark', args: args.slice(half) }), WAIT);
    await vi.waitFor(() => expect(new Set(jobs!.notes('mark').map(({ n }) => n)).size).toBe(many), WAIT);
    await vi.waitFor(async () => {
      const stats = await jobs!.call(0, '/stats', { job: 'chaos.mark' });
      expect(stats).toMatchObject({ waiting: 0, delayed: 0, active: 0, failed: 0 });
    }, WAIT);
    row.recoveredMs = jobs.notes('mark').find(({ at }) => at > back)!.at - back;
  }, 240_000);

  it('are run once and not early though the clock of a replica is five minutes off', async () => {
    const row = scenario({
      id: 'jobs-clock',
      backend,
      fault: 'wall clocks 5 min ahead and behind',
      must: 'each job once, none early',
    });
    jobs = await JobsCluster.start(backend, {
      replicas: 3,
      clockSkewMs: { 1: 300_000, 2: -300_000 },
      env: { CONCURRENCY: '4' },
    });
    const long = Array.from({ length: 8 }, () => ({ ms: 12_000 }));
    const from = performance.timeOrigin + performance.now();
    const delayMs = 4_000;
    for (const replica of [0, 1, 2])
      await jobs.call(replica, '/enqueue', { job: 'chaos.mark', args: { n: replica }, options: { delayMs } });
    await jobs.call(1, '/enqueue-many', { job: 'chaos.long', args: long });
    await vi.waitFor(() => expect(jobs!.notes('end')).toHaveLength(long.length), WAIT);
    await vi.waitFor(() => expect(jobs!.notes('mark')).toHaveLength(3), WAIT);
    const starts = jobs.notes('start');
    row.operations = long.length + 3;
    expect(starts).toHaveLength(long.length);
    expect(starts.every(({ crashes }) => crashes === 0)).toBe(true);
    // performance.timeOrigin is not skewed: the handlers' notes are all in true time.
    for (const { at } of jobs.notes('mark')) expect(at - from).toBeGreaterThan(delayMs - 500);
  });
});
