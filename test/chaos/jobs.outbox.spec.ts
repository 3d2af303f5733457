import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BackendName } from '@rookery/testing';
import { JobsCluster } from './fixtures/jobs.cluster.js';
import { randomOf, scale, scenario } from './report.js';

const WAIT = { timeout: 60_000, interval: 100 };
const AT_ONCE = 10;

const backends: BackendName[] = ['redis', 'postgres'];
describe.each(backends)('jobs enqueued in transactions, kept on %s', (backend) => {
  let jobs: JobsCluster;
  let client: pg.Client;
  beforeAll(async () => {
    // Two replicas enqueue and relay, and get killed; the third one runs the jobs and lives.
    jobs = await JobsCluster.start(backend, {
      replicas: 3,
      stores: ['redis', 'postgres'],
      roles: (index) => (index === 2 ? ['web', 'jobs'] : ['web']),
      env: { CONCURRENCY: '50' },
    });
    client = new pg.Client({ connectionString: jobs.cluster.postgres!.url });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await jobs?.stop();
  });

  it('run exactly when their transaction has committed, whoever is killed', async () => {
    const random = randomOf(`jobs-outbox-${backend}`);
    const total = scale === 1 ? 1_000 : 2_000 * scale;
    const fault = 'a third rolled back, the relaying replicas killed';
    const must = 'exactly the committed ones run';
    const row = scenario({ id: 'jobs-outbox', backend, fault, must, operations: total });
    const kills = [0.3, 0.6].map((part) => Math.floor(total * part));
    let n = 0;
    const enqueueOne = async () => {
      const mine = n++;
      if (kills.includes(mine)) {
        const victim = kills.indexOf(mine);
        await jobs.cluster.kill(victim);
        await jobs.cluster.start(victim);
      }
      // A call whose replica dies may have committed or not; the table of the same transaction knows.
      const rollback = random() < 0.3;
      await jobs
        .call(mine % 2, '/in-transaction', { n: mine, rollback })
        .catch(() => new Promise((resolve) => setTimeout(resolve, 200)));
    };
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (n < total) await enqueueOne();
      }),
    );
    const { rows } = await client.query<{ n: number }>('select n from committed order by n');
    const committed = rows.map((row) => row.n);
    expect(committed.length).toBeGreaterThan(total / 2);
    await vi.waitFor(() => expect(jobs.notes('mark').length).toBeGreaterThanOrEqual(committed.length), WAIT);
    // Long enough for a late double to show itself: several sweeps of the outbox.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const ran = jobs.notes('mark').map((note) => note.n!);
    const twice = jobs.notes('mark').filter((note) => ran.indexOf(note.n!) !== ran.lastIndexOf(note.n!));
    const once = new Set(ran);
    const lost = committed.filter((mine) => !once.has(mine)).length;
    row.violations = lost + ran.length - once.size;
    expect(twice).toEqual([]);
    expect(ran.toSorted((a, b) => a - b)).toEqual(committed);
  });
});
