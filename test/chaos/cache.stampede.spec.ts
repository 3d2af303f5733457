import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { redisUrl } from '../services.js';
import { scale, scenario } from './report.js';

const callers = fileURLToPath(new URL('./fixtures/cache.callers.mjs', import.meta.url));
const PROCESSES = 8;

interface Count {
  runs: number;
  wrong: number;
}

/** One stampede of processes that have done nothing before; a busy machine must not look like a store that is away. */
async function stampede(): Promise<Count[]> {
  const env = { ...process.env, REDIS: redisUrl(), NAMESPACE: `chaos-${randomUUID()}`, DEADLINE_MS: '20000' };
  const processes = Array.from({ length: PROCESSES }, () => fork(callers, { env }));
  await Promise.all(processes.map((one) => once(one, 'message')));
  const counts = processes.map(async (one) => ((await once(one, 'message')) as [Count])[0]);
  for (const one of processes) one.send('go');
  return Promise.all(counts);
}

it('8 cold processes with a thousand callers each miss a key, and one factory run serves them all', async () => {
  const fault = '8,000 callers at once in 8 processes miss a key';
  const row = scenario({ id: 'cache-stampede', backend: 'redis', fault, must: 'one factory run' });
  for (let round = 0; round < scale; round++) {
    const counts = await stampede();
    row.operations += PROCESSES * 1_000;
    expect(counts.map(({ wrong }) => wrong)).toEqual(counts.map(() => 0));
    expect(counts.reduce((sum, { runs }) => sum + runs, 0)).toBe(1);
  }
});
