import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { redis } from '@rookery/core/redis';
import type { BenchRow, BenchServices } from '../bench.js';
import { ours } from './contestants.js';
import { processRate } from './measures.js';

const ROUND = 20_000;
const ROUNDS = 5;

/** How much this process grows over 100,000 jobs, once it is warm. */
export async function memoryGrowth({ redisUrl }: BenchServices, namespace: string): Promise<BenchRow> {
  const contestant = await ours(redis({ url: redisUrl, namespace }), 32);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed / 1_000_000;
  };
  for (let round = 0; round < 2; round++) await processRate(contestant, ROUND);
  const before = heap();
  for (let round = 0; round < ROUNDS; round++) await processRate(contestant, ROUND);
  const grown = Math.max(0, heap() - before);
  await contestant.close();
  return {
    id: 'memory',
    what: `heap growth over ${ROUND * ROUNDS} jobs`,
    unit: 'MB',
    better: 'lower',
    ours: grown,
    rivals: {},
    must: 'ours <= 2',
  };
}
