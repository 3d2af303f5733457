import { join } from 'node:path';
import { startCluster, type Cluster } from '@rookery/testing';
import { interleaved, type Bench, type BenchRow, type BenchServices } from './bench.js';
import { requestsPerSecond } from './cluster/load.js';
import { bareClone } from './sample/bare-clone.js';
import { p99 } from './sample/latency.js';

const SAMPLE = join(process.cwd(), 'apps/sample/dist/main.js');
const PLAIN = new URL('./sample/plain-app.js', import.meta.url);
const MS = 4_000;
const PER_SECOND = 200;

/** The app as its users meet it: behind the load balancer, which runs in this process as does the load. */
const bench: Bench = { reads, start };
export default bench;

async function reads({ redisUrl, postgresUrl }: BenchServices): Promise<BenchRow[]> {
  const env = { NODE_ENV: 'production', REMINDER_CRON: '0 0 1 1 *' };
  const sample = (replicas: number) =>
    startCluster({
      entry: SAMPLE,
      replicas,
      backend: 'redis',
      redis: redisUrl,
      postgres: postgresUrl,
      env: { ...env, ROOKERY_NAMESPACE: `bench-sample-${replicas}` },
    });
  const clusters: Cluster[] = [];
  try {
    clusters.push(await sample(3), await sample(1));
    clusters.push(await startCluster({ entry: PLAIN, replicas: 1, backend: 'memory', readyPath: '/plans' }));
    const [three, one, plain] = clusters.map(({ url }) => `${url}/plans`) as [string, string, string];
    const late = await interleaved(
      {
        three: () => p99(three, PER_SECOND, MS),
        one: () => p99(one, PER_SECOND, MS),
        plain: () => p99(plain, PER_SECOND, MS),
      },
      3,
    );
    const rate = await interleaved(
      { three: () => requestsPerSecond(three, MS), one: () => requestsPerSecond(one, MS) },
      3,
    );
    return [
      {
        id: 'cached-read-p99',
        what: `99th percentile of a cached read of one replica at ${PER_SECOND} requests/s, beside an app with Nest's own cache`,
        unit: 'ms',
        better: 'lower',
        ours: late.one.median,
        spread: late.one.spread,
        rivals: { plain: late.plain.median, 'three replicas': late.three.median },
        must: 'ours <= 2 * plain',
      },
      {
        id: 'replicas-rate',
        what: 'cached reads of three replicas beside one, on two cores that they share with the load balancer and the load',
        unit: 'requests/s',
        better: 'higher',
        ours: rate.three.median,
        spread: rate.three.spread,
        rivals: { one: rate.one.median },
        must: 'ours >= 0.8 * one',
      },
    ];
  } finally {
    for (const cluster of clusters) await cluster.stop();
  }
}

async function start(): Promise<BenchRow[]> {
  const clone = await bareClone();
  try {
    const first = await clone.secondsToFirstAnswer();
    const second = await clone.secondsToFirstAnswer();
    const row = { unit: 's', better: 'lower' as const, rivals: {} };
    return [
      {
        ...row,
        id: 'start-bare',
        what: 'npm start in a bare clone to its first answer',
        ours: first,
        must: 'ours <= 60',
      },
      { ...row, id: 'start-again', what: 'npm start the second time', ours: second, must: 'ours <= 10' },
    ];
  } finally {
    await clone.remove();
  }
}
