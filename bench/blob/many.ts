import type { BlobDriverSource } from '@rookery/blob';
import { median, type BenchRow } from '../bench.js';
import { milliseconds, openStore } from './places.js';

const FEW = 100;
const MANY = 10_000;

/** What a call costs in a container of 100 blobs, and in the same one with 10,000. */
export async function manyBlobs(kind: string, driver: BlobDriverSource): Promise<BenchRow[]> {
  await using blobs = await openStore(driver);
  const { store } = blobs;
  const name = (index: number) => `many/${String((index * 7919) % 1_000_003).padStart(7, '0')}`;
  const fill = async (from: number, to: number) => {
    for (let index = from; index < to; index += 50)
      await Promise.all(Array.from({ length: 50 }, (_, offset) => store.put(name(index + offset), 'x')));
  };
  const calls = {
    stat: (index: number) => store.stat(name(index)),
    get: (index: number) => store.getBuffer(name(index)),
    list: () => store.list({ prefix: 'many/', limit: 20 }),
  };
  const cost = async (call: keyof typeof calls) => {
    const figures: number[] = [];
    for (let round = 0; round < 300; round++) figures.push(await milliseconds(() => calls[call](round % FEW)));
    return median(figures.slice(50));
  };
  const all = async () => ({ stat: await cost('stat'), get: await cost('get'), list: await cost('list') });
  await fill(0, FEW);
  await all();
  const few = await all();
  await fill(FEW, MANY);
  const many = await all();
  return (['stat', 'get', 'list'] as const).map((call) => ({
    id: `${kind}-${call}-many`,
    what: `${call} in a container of ${MANY} blobs, p50`,
    unit: 'ms',
    better: 'lower',
    ours: many[call],
    rivals: { 'of-100': few[call] },
    // A directory knows no order: a page of it costs a look at all its names.
    must: kind === 'fs' && call === 'list' ? 'ours <= 100' : 'ours <= 1.5 * of-100 + 0.5',
  }));
}
