import type { BlobDriverSource, BlobStore } from '@rookery/blob';
import { interleaved, median, type BenchRow } from '../bench.js';
import { milliseconds, openStore } from './places.js';

const FEW = 100;
const MANY = 10_000;

/** What a call costs in a container of 100 blobs, and in one with 10,000, by turns. */
export async function manyBlobs(kind: string, place: (namespace: string) => BlobDriverSource): Promise<BenchRow[]> {
  await using few = await openStore(place('few'));
  await using many = await openStore(place('many'));
  await fill(few.store, FEW);
  await fill(many.store, MANY);
  const rows: BenchRow[] = [];
  for (const [call, ask] of Object.entries(calls)) {
    const cost = (store: BlobStore) => async () => {
      const figures: number[] = [];
      for (let round = 0; round < 30; round++) figures.push(await milliseconds(() => ask(store, round)));
      return median(figures);
    };
    const measured = await interleaved({ ours: cost(many.store), 'of-100': cost(few.store) });
    rows.push({
      id: `${kind}-${call}-many`,
      what: `${call} in a container of ${MANY} blobs, p50`,
      unit: 'ms',
      better: 'lower',
      ours: measured.ours.median,
      spread: measured.ours.spread,
      rivals: { 'of-100': measured['of-100'].median },
      must: 'ours <= 1.3 * of-100 + 0.2',
    });
  }
  return rows;
}

const calls = {
  stat: (store: BlobStore, index: number) => store.stat(name(index)),
  get: (store: BlobStore, index: number) => store.getBuffer(name(index)),
  list: (store: BlobStore) => store.list({ prefix: 'many/', limit: 20 }),
};

async function fill(store: BlobStore, count: number): Promise<void> {
  for (let index = 0; index < count; index += 50)
    await Promise.all(Array.from({ length: 50 }, (_, offset) => store.put(name(index + offset), 'x')));
}

function name(index: number): string {
  return `many/${String((index * 7919) % 1_000_003).padStart(7, '0')}`;
}
