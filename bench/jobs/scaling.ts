import { fork } from 'node:child_process';
import { redis } from '@rookery/core/redis';
import type { BenchRow, BenchServices } from '../bench.js';
import { ours } from './contestants.js';

const TOTAL = 100_000;

/** How fast one, two and four processes empty a queue of 100,000 jobs. */
export async function scaling({ redisUrl }: BenchServices, namespace: string): Promise<BenchRow[]> {
  const rates: number[] = [];
  for (const processes of [1, 2, 4]) rates.push(await drainedBy(processes, redisUrl, `${namespace}${processes}`));
  return [1, 2, 4].map((processes, index) => ({
    id: `redis-drain-${processes}`,
    what: `${TOTAL} jobs drained by ${processes} process(es), concurrency 32 each`,
    unit: 'jobs/s',
    better: 'higher',
    ours: rates[index]!,
    rivals: { 'one-process': rates[0]! },
    must: 'ours >= 0.9 * one-process',
  }));
}

async function drainedBy(processes: number, url: string, namespace: string): Promise<number> {
  const producer = await ours(redis({ url, namespace }), 32, false);
  await producer.pause();
  const payloads = Array.from({ length: 1_000 }, (_, n) => ({ n, text: 'x'.repeat(100) }));
  for (let n = 0; n < TOTAL; n += payloads.length) await producer.enqueueMany(payloads);
  const workers = Array.from({ length: processes }, () =>
    fork(new URL('./worker.process.js', import.meta.url), [url, namespace]),
  );
  const done = workers.map(() => 0);
  // Each says how far it is as soon as it is ready.
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  const from = performance.now();
  const all = new Promise<void>((resolve) => {
    for (const [index, worker] of workers.entries()) {
      worker.on('message', (count: number) => {
        done[index] = count;
        if (done.reduce((sum, each) => sum + each) >= TOTAL) resolve();
      });
    }
  });
  await producer.resume();
  await all;
  const rate = (TOTAL / (performance.now() - from)) * 1_000;
  for (const worker of workers) worker.disconnect();
  await producer.close();
  return rate;
}
