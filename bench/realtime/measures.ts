import { summary, type Measured } from '../bench.js';
import { ROOM, type Contestant } from './contestants.js';

const SPACED = 1_000;
const BURST = 8_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Milliseconds from the emit at one server to the client at the other: the 99th percentile of each round, after one that
 * does not count. The contestants take turns message by message, so that whatever else the machine does hits all alike.
 */
export async function crossP99(all: Record<string, Contestant>, rounds: number): Promise<Record<string, Measured>> {
  const names = Object.keys(all);
  const figures = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    const delays = await spaced(all);
    for (const name of round > 0 ? names : []) figures.get(name)!.push(p99(delays.get(name)!));
  }
  return Object.fromEntries([...figures].map(([name, each]) => [name, summary(each)]));
}

async function spaced(all: Record<string, Contestant>): Promise<Map<string, number[]>> {
  const names = Object.keys(all);
  const delays = new Map(names.map((name) => [name, [] as number[]]));
  for (let i = 0; i < SPACED; i++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(i + turn) % names.length]!;
      delays.get(name)!.push(await oneWay(all[name]!));
    }
  }
  return delays;
}

const p99 = (delays: number[]) => delays.toSorted((a, b) => a - b)[Math.floor(delays.length * 0.99)]!;

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
