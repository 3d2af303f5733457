import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { scale, scenario } from './report.js';

const filler = fileURLToPath(new URL('./fixtures/cache.heap.mjs', import.meta.url));
const MAX_BYTES = 64 * 1024 * 1024;
const INSERTS = scale === 1 ? 200_000 : 1_000_000;

it('the in-process tier of the cache stays within its bytes, whatever is put into it', async () => {
  const fault = 'many times more values than fit into the in-process tier';
  const must = 'the heap stays within maxBytes and a tenth, and the bound is made use of';
  scenario({ id: 'cache-memory', backend: 'memory', fault, must, operations: INSERTS });
  const env = { ...process.env, MAX_BYTES: String(MAX_BYTES), INSERTS: String(INSERTS) };
  const child = fork(filler, { env, execArgv: ['--expose-gc'] });
  const [{ heap, entries }] = (await once(child, 'message')) as [{ heap: number; entries: number }];
  expect(entries).toBeLessThan(INSERTS / 2);
  expect(heap).toBeGreaterThan(MAX_BYTES * 0.5);
  expect(heap).toBeLessThan(MAX_BYTES * 1.1);
});
