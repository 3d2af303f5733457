import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startRedis } from '@rookery/testing';
import type { BenchRow } from '../bench.js';

const NEVER_MS = 10_000;
const script = fileURLToPath(new URL('./holder.process.js', import.meta.url));
const names = ['ours', 'redis-semaphore', 'redlock'];

/** How long a holder with a lease of 2 s goes on believing in it after its store fell silent, or was killed. */
export async function lostSignal(): Promise<BenchRow[]> {
  return [await row('lost-signal-frozen', 'frozen', 'pause'), await row('lost-signal-killed', 'killed', 'kill')];
}

async function row(id: string, fault: string, act: 'pause' | 'kill'): Promise<BenchRow> {
  const redis = await startRedis();
  const holders = names.map((name) => fork(script, [name, redis.url]));
  await Promise.all(holders.map((holder) => once(holder, 'message')));
  await redis[act]();
  const from = performance.now();
  const figures = await Promise.all(
    holders.map(async (holder) => {
      const lost = once(holder, 'message').then(() => performance.now() - from);
      const never = new Promise<number>((resolve) => setTimeout(resolve, NEVER_MS, NEVER_MS));
      return Promise.race([lost, never]).finally(() => holder.kill());
    }),
  );
  await redis.stop();
  const [ours, semaphore, redlock] = figures as [number, number, number];
  return {
    id,
    what: `lease of 2 s, Redis ${fault}: until the holder is told (${NEVER_MS}: it was not)`,
    unit: 'ms',
    better: 'lower',
    ours,
    rivals: { 'redis-semaphore': semaphore, redlock },
    must: 'ours <= 2000',
  };
}
