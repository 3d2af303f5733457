import { setTimeout as pause } from 'node:timers/promises';
import { startRedis } from '@rookery/testing';
import type { BenchRow } from '../bench.js';
import { NAMES, ours, start, type Name } from './contestants.js';

/** Whoever has not answered by then hangs. */
const GIVE_UP_MS = 12_000;
const FREEZES = 40;

async function timed(call: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await Promise.race([call().catch(() => undefined), pause(GIVE_UP_MS)]);
  return performance.now() - from;
}

/** Cold reads while Redis is frozen. */
export async function frozenStore(): Promise<BenchRow[]> {
  // Some rivals leave rejections to nobody, which would end the bench.
  process.on('unhandledRejection', () => undefined);
  const store = await startRedis();
  const rivals: Partial<Record<Name, number>> = {};
  try {
    const replicas = await Promise.all(
      Array.from({ length: FREEZES }, (_, index) =>
        // A breaker that never opens shows the deadline alone.
        ours(store.url, `frozen-${index}`, { breaker: { failures: Infinity } }),
      ),
    );
    const guarded = await ours(store.url, 'guarded');
    const others = await Promise.all(NAMES.slice(1).map(async (name) => [name, await start(name, store.url)] as const));
    await store.pause();
    await pause(300);
    const cold: number[] = [];
    for (const [index, replica] of replicas.entries())
      cold.push(await timed(() => replica.getOrSet(`cold${index}`, () => 1)));
    for (let index = 0; index < 5; index++) await guarded.getOrSet(`open${index}`, () => 1);
    const open: number[] = [];
    for (let index = 0; index < 200; index++) open.push(await timed(() => guarded.getOrSet(`cold${index}`, () => 1)));
    const waits = others.map(
      async ([name, other]) => (rivals[name] = await timed(() => other.getOrSet('cold', () => 1))),
    );
    await Promise.all(waits);
    await store.resume();
    await Promise.all(
      [...replicas, guarded, ...others.map(([, other]) => other)].map((one) => one.stop().catch(() => 0)),
    );
    return [
      row('frozen-cold', `cold getOrSet, Redis frozen, p99 of ${FREEZES}`, p99(cold), rivals, 'ours <= 260'),
      row('frozen-open', 'the same once the breaker is open, p99 of 200', p99(open), rivals, 'ours <= 5'),
    ];
  } finally {
    await store.stop();
  }
}

function p99(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1]!;
}

function row(id: string, what: string, figure: number, rivals: BenchRow['rivals'], must: string): BenchRow {
  return { id, what: `${what} (${GIVE_UP_MS} is given up)`, unit: 'ms', better: 'lower', ours: figure, rivals, must };
}
