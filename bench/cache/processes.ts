import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { BenchRow } from '../bench.js';
import { NAMES, type Name } from './contestants.js';

const PROCESSES = 8;
const MAX_BYTES = 64 * 1024 * 1024;
const INSERTS = 1_000_000;

function replica(task: object) {
  return fork(new URL('./replica.js', import.meta.url), [JSON.stringify(task)], { execArgv: ['--expose-gc'] });
}

/** Factory runs when 8 processes with 1,000 callers each miss one key. */
export async function stampede(url: string): Promise<BenchRow> {
  const runs: Partial<Record<Name, number>> = {};
  for (const name of NAMES) {
    const prefix = randomUUID();
    const processes = Array.from({ length: PROCESSES }, () => replica({ stampede: { name, url, prefix } }));
    await Promise.all(processes.map((one) => once(one, 'message')));
    const answers = processes.map((one) => once(one, 'message'));
    for (const one of processes) one.send('go');
    runs[name] = (await Promise.all(answers)).reduce((sum, [count]) => sum + (count as number), 0);
  }
  const { ours = NaN, ...rivals } = runs;
  const what = `factory runs, ${PROCESSES} processes with 1,000 callers each`;
  return { id: 'stampede', what, unit: 'runs', better: 'lower', ours, rivals, must: 'ours <= 1' };
}

/** Heap after many inserts, as a part of the bound that was set. */
export async function boundedMemory(): Promise<BenchRow> {
  const child = replica({ memory: { maxBytes: MAX_BYTES, inserts: INSERTS } });
  const [ours] = (await once(child, 'message')) as [number];
  const what = `heap in use after ${INSERTS} inserts, as a part of maxBytes`;
  return { id: 'memory', what, unit: 'of the bound', better: 'lower', ours, rivals: {}, must: 'ours <= 1.1' };
}
