import type { Contestant, Payload } from './contestants.js';

const TEXT = 'x'.repeat(100);
const payload = (n: number): Payload => ({ n, text: TEXT });

/** Jobs enqueued per second, so many calls under way at a time; nobody works meanwhile. */
export async function enqueueRate(contestant: Contestant, total: number, atOnce: number): Promise<number> {
  await contestant.pause();
  const from = performance.now();
  let n = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (n < total) await contestant.enqueue(payload(n++));
    }),
  );
  const rate = (total / (performance.now() - from)) * 1_000;
  await drain(contestant, total);
  return rate;
}

/** Jobs worked off per second. */
export async function processRate(contestant: Contestant, total: number): Promise<number> {
  await contestant.pause();
  for (let n = 0; n < total; n += 1_000)
    await contestant.enqueueMany(Array.from({ length: Math.min(1_000, total - n) }, (_, index) => payload(n + index)));
  return (total / (await drain(contestant, total))) * 1_000;
}

/** Milliseconds from the call of enqueue to the start of the handler, of an idle worker: the 99th percentile. */
export async function latencyP99(contestant: Contestant, total: number): Promise<number> {
  const latencies: number[] = [];
  for (let n = 0; n < total; n++) {
    const from = performance.now();
    const started = new Promise<void>((resolve) => (contestant.onJob = () => resolve()));
    await contestant.enqueue(payload(n));
    await started;
    latencies.push(performance.now() - from);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return latencies.toSorted((a, b) => a - b)[Math.floor(total * 0.99)]!;
}

/** Lets the paused contestant work off what it has; answers how many milliseconds that took. */
async function drain(contestant: Contestant, total: number): Promise<number> {
  let done = 0;
  const all = new Promise<void>((resolve) => {
    contestant.onJob = () => {
      if (++done === total) resolve();
    };
  });
  const from = performance.now();
  await contestant.resume();
  await all;
  return performance.now() - from;
}
