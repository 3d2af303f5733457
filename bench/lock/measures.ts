import { setTimeout as sleep } from 'node:timers/promises';
import type { Contestant } from './contestants.js';

let fresh = 0;
const freshKey = () => `key-${++fresh}`;

/** Microseconds for one acquire and release that nobody is in the way of. */
export async function uncontended({ acquire }: Contestant, times = 1_500): Promise<number> {
  const from = performance.now();
  for (let i = 0; i < times; i++) {
    const release = await acquire(freshKey());
    await release();
  }
  return ((performance.now() - from) * 1_000) / times;
}

/** What {@link contended} found. */
export interface Contended {
  /** Milliseconds from one holder's end to the next one's begin, on average. */
  handOffMs: number;
  /** Commands sent to Redis for each acquire. */
  commands: number;
}

/** Many who want one key at the same moment and hold it for 5 ms each. */
export async function contended({ acquire, commands }: Contestant, waiters = 50): Promise<Contended> {
  const key = freshKey();
  const before = commands();
  let held = 0;
  const from = performance.now();
  await Promise.all(
    Array.from({ length: waiters }, async () => {
      const release = await acquire(key);
      const began = performance.now();
      await sleep(5);
      held += performance.now() - began;
      await release();
    }),
  );
  const total = performance.now() - from;
  return { handOffMs: (total - held) / waiters, commands: (commands() - before) / waiters };
}
