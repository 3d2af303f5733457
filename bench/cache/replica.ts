/** A process of its own: takes part in a stampede, or fills its in-process tier; says to its parent what came of it. */
import { setTimeout as pause } from 'node:timers/promises';
import { startCache } from '@rookery/cache';
import { memory } from '@rookery/core';
import { start, type Name } from './contestants.js';

type Task =
  { stampede: { name: Name; url: string; prefix: string } } | { memory: { maxBytes: number; inserts: number } };

const task = JSON.parse(process.argv[2]!) as Task;
const answer = 'stampede' in task ? await stampede(task.stampede) : await heapFor(task.memory);
process.send!(answer, () => process.exit());

/** 1,000 callers miss one key at the same moment as those of the other processes, each as their process' first act. */
async function stampede({ name, url, prefix }: { name: Name; url: string; prefix: string }): Promise<number> {
  const cache = await start(name, url, prefix);
  process.send!('ready');
  await new Promise((resolve) => process.once('message', resolve));
  let runs = 0;
  const factory = async () => {
    runs++;
    await pause(200);
    return 'made';
  };
  await Promise.all(Array.from({ length: 1_000 }, () => cache.getOrSet('cold', factory)));
  return runs;
}

/** Heap in use after the inserts, as a part of the bound. */
async function heapFor({ maxBytes, inserts }: { maxBytes: number; inserts: number }): Promise<number> {
  const { cache } = await startCache({ backend: memory(), l1: { maxBytes, maxEntries: 10_000_000, ttlMs: 3_600_000 } });
  const before = heap();
  for (let index = 0; index < inserts; index++) {
    const value = { id: index, name: `customer number ${index}`, tags: ['a', `b${index % 7}`], score: index / 3 };
    await cache.set(`customer:${index}`, value, { ttlMs: 3_600_000 });
  }
  return (heap() - before) / maxBytes;
}

function heap(): number {
  for (let index = 0; index < 3; index++) globalThis.gc!();
  return process.memoryUsage().heapUsed;
}
