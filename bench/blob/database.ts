import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { interleaved, median, type BenchRow } from '../bench.js';
import { content, drained, growth, megabytesPerSecond, milliseconds, openStore, type databasePlace } from './places.js';

const MiB = 1024 * 1024;
const SIZE = 128;

/** PostgreSQL: ours beside a hand-written loop of the same chunk inserts and selects on one connection. */
export async function databaseRows(place: Awaited<ReturnType<typeof databasePlace>>): Promise<BenchRow[]> {
  await using blobs = await openStore(place.driver());
  const { store } = blobs;
  const byHand = await handWritten(place.url);
  const put = (name: string, mebibytes: number) => store.put(name, content(mebibytes), { overwrite: true });
  const get = async (name: string) => drained((await store.get(name)).stream as AsyncIterable<Buffer>);

  await put('warm-up', 16);
  await get('warm-up');
  const putGrowth = await growth(() => put('gigabyte', 1024));
  const getGrowth = await growth(() => get('gigabyte'));
  const ranges: number[] = [];
  for (let round = 0; round < 60; round++) {
    const start = 512 * MiB + round * 3 * MiB + 77;
    ranges.push(
      await milliseconds(async () => {
        const { stream } = await store.get('gigabyte', { range: { start, end: start + MiB - 1 } });
        return drained(stream as AsyncIterable<Buffer>);
      }),
    );
  }
  await store.delete('gigabyte');

  const write = await interleaved({
    ours: () => megabytesPerSecond(SIZE, () => put('a', SIZE)),
    loop: () => megabytesPerSecond(SIZE, () => byHand.write(SIZE)),
  });
  const read = await interleaved({
    ours: () => megabytesPerSecond(SIZE, () => get('a')),
    loop: () => megabytesPerSecond(SIZE, () => byHand.read()),
  });
  await byHand.close();
  return [
    {
      id: 'database-write',
      what: `put ${SIZE} MiB`,
      unit: 'MB/s',
      better: 'higher',
      ours: write.ours.median,
      spread: write.ours.spread,
      rivals: { loop: write.loop.median },
      must: 'ours >= 0.8 * loop',
    },
    {
      id: 'database-read',
      what: `get ${SIZE} MiB`,
      unit: 'MB/s',
      better: 'higher',
      ours: read.ours.median,
      spread: read.ours.spread,
      rivals: { loop: read.loop.median },
      must: 'ours >= 0.8 * loop',
    },
    {
      id: 'database-range',
      what: '1 MiB in the middle of 1 GiB, p50',
      unit: 'ms',
      better: 'lower',
      ours: median(ranges),
      rivals: {},
      must: 'ours <= 10',
    },
    {
      id: 'database-put-memory',
      what: 'growth of the process during a put of 1 GiB',
      unit: 'MiB',
      better: 'lower',
      ours: putGrowth,
      rivals: {},
      must: 'ours <= 64',
    },
    {
      id: 'database-get-memory',
      what: 'growth of the process during a get of 1 GiB',
      unit: 'MiB',
      better: 'lower',
      ours: getGrowth,
      rivals: {},
      must: 'ours <= 64',
    },
  ];
}

/** What one would write without us: one connection, one chunk after the other, the checksum beside it. */
async function handWritten(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('create table by_hand (id uuid, idx int, data bytea, primary key (id, idx))');
  await client.query('alter table by_hand alter column data set storage external');
  let id = '';
  return {
    write: async (mebibytes: number) => {
      await client.query('truncate by_hand');
      id = randomUUID();
      const hash = createHash('sha256');
      let idx = 0;
      let waiting: Buffer[] = [];
      for await (const piece of content(mebibytes)) {
        hash.update(piece);
        waiting.push(piece);
        if (waiting.length < 16) continue;
        await client.query('insert into by_hand values ($1, $2, $3)', [id, idx++, Buffer.concat(waiting)]);
        waiting = [];
      }
      return hash.digest('hex');
    },
    read: async () => {
      const hash = createHash('sha256');
      for (let idx = 0; ; idx++) {
        const { rows } = await client.query<{ data: Buffer }>('select data from by_hand where id = $1 and idx = $2', [
          id,
          idx,
        ]);
        if (rows.length === 0) return hash.digest('hex');
        hash.update(rows[0]!.data);
      }
    },
    close: () => client.end(),
  };
}
