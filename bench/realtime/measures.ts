import { ROOM, type Contestant } from './contestants.js';

const SPACED = 500;
const BURST = 8_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Milliseconds from the emit at one server to the client at the other: the 99th percentile. The contestants take turns
 * message by message, so that whatever else the machine does hits all alike.
 */
export async function crossP99<Name extends string>(all: Record<Name, Contestant>): Promise<Record<Name, number>> {
  const names = Object.keys(all) as Name[];
  const delays = new Map(names.map((name) => [name, [] as number[]]));
  for (let i = 0; i < SPACED; i++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(i + turn) % names.length]!;
      delays.get(name)!.push(await oneWay(all[name]));
    }
  }
  const p99 = (sorted: number[]) => sorted[Math.floor(SPACED * 0.99)]!;
  return Object.fromEntries([...delays].map(([name, figures]) => [name, p99(figures.sort((a, b) => a - b))])) as Record<
    Name,
    number
  >;
}

async function oneWay({ emitter, client }: Contestant): Promise<number> {
  const arrived = new Promise<void>((resolve) => void client.once('tick', () => resolve()));
  const from = performance.now();
  emitter.to(ROOM).emit('tick', from);
  await arrived;
  const delay = performance.now() - from;
  await pause(1);
  return delay;
}

/** Messages a second that arrive when thousands are sent at once, and how many arrive before an earlier one. */
export async function burst({ emitter, client }: Contestant): Promise<{ perSecond: number; reversed: number }> {
  let last = -1;
  let reversed = 0;
  let arrived = 0;
  const done = new Promise<void>((resolve) => {
    client.on('n', (n: number) => {
      if (n < last) reversed++;
      last = Math.max(last, n);
      if (++arrived === BURST) resolve();
    });
  });
  const from = performance.now();
  for (let n = 0; n < BURST; n++) emitter.to(ROOM).emit('n', n);
  await done;
  client.off('n');
  return { perSecond: BURST / ((performance.now() - from) / 1000), reversed };
}
