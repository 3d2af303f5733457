import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileSystemBlobs } from '@rookery/blob/fs';
import { interleaved, type BenchRow } from '../bench.js';
import { content, drained, hashed, megabytesPerSecond, openStore } from './places.js';

const SIZE = 256;

/** Files: ours beside `pipeline` to and from a file with the checksum. Both make sure that the disk has it. */
export async function directoryRows(path: string): Promise<BenchRow[]> {
  await using blobs = await openStore(fileSystemBlobs({ directory: join(path, 'speed') }));
  const { store } = blobs;
  const file = join(path, 'by-hand');
  const write = await interleaved({
    ours: () => megabytesPerSecond(SIZE, () => store.put('a', content(SIZE), { overwrite: true })),
    pipeline: () =>
      megabytesPerSecond(SIZE, () =>
        pipeline(Readable.from(content(SIZE)), hashed, createWriteStream(file, { flush: true })),
      ),
  });
  const read = await interleaved({
    ours: () => megabytesPerSecond(SIZE, async () => drained((await store.get('a')).stream as AsyncIterable<Buffer>)),
    pipeline: () => megabytesPerSecond(SIZE, () => drained(hashed(createReadStream(file) as AsyncIterable<Buffer>))),
  });
  const row = (id: string, what: string, { ours, pipeline: rival }: typeof write): BenchRow => ({
    id,
    what: `${what} ${SIZE} MiB`,
    unit: 'MB/s',
    better: 'higher',
    ours: ours.median,
    spread: ours.spread,
    rivals: { pipeline: rival.median },
    must: 'ours >= 0.8 * pipeline',
  });
  return [row('fs-write', 'put', write), row('fs-read', 'get', read)];
}
