import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSystemBlobs } from '@rookery/blob/fs';
import { blobDriverContract } from '@rookery/blob/testing';
import { expect, it } from 'vitest';
import { openStore } from './blob.app.js';

blobDriverContract('a directory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rookery-blobs-'));
  return { driver: fileSystemBlobs({ directory }), close: () => rm(directory, { recursive: true }) };
});

it('a directory is swept once for all replicas', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rookery-blobs-'));
  const host = { dataSource: async () => undefined };
  const replicas = await Promise.all([1, 2, 3].map(() => fileSystemBlobs({ directory }).create(host)));
  await Promise.all(replicas.map((driver) => driver.open()));
  await writeFile(join(directory, '.rookery', 'writing', 'left-behind'), 'x');
  const sweep = (graceMs: number, everyMs: number) =>
    Promise.all(replicas.map((driver) => driver.sweep!({ graceMs, everyMs })));
  expect((await sweep(60_000, 60_000)).filter((removed) => removed !== null)).toEqual([0]);
  expect(await sweep(0, 60_000)).toEqual([null, null, null]);
  expect((await sweep(0, 0)).filter(Boolean)).toEqual([1]);
  await rm(directory, { recursive: true });
});

it('a name that readers look for in another place is listed again after the sweep', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rookery-blobs-'));
  {
    await using blobs = await openStore({ driver: fileSystemBlobs({ directory }), sweepEveryMs: 0 });
    const listed = async () => (await blobs.store.list()).entries.map(({ name }) => name);
    const long = `z${'é'.repeat(200)}`;
    for (const name of ['a', 'z', long]) await blobs.store.put(name, 'x');
    // As a writer leaves it to whom a mount has shown an old state.
    await mkdir(join(directory, 'default', 'names', '=m'));
    expect(await listed()).toEqual(['a']);
    await blobs.sweep();
    expect(await listed()).toEqual(['a', 'z', long]);
  }
  await rm(directory, { recursive: true });
});

it('a damaged file is told as damage', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rookery-blobs-'));
  {
    await using blobs = await openStore({ driver: fileSystemBlobs({ directory }), sweepEveryMs: 0 });
    await blobs.store.put('a', randomBytes(10_000));
    const files = await readdir(join(directory, 'default'), { recursive: true });
    const file = join(
      directory,
      'default',
      files.find((path) => /^[0-9a-f].[0-9a-f].a$/.test(path))!,
    );
    const whole = await readFile(file);
    const flipped = Buffer.from(whole);
    flipped[5_000] ^= 1;
    const unreadable = Buffer.from(whole);
    unreadable[10_000] ^= 1;
    for (const bytes of [flipped, unreadable, whole.subarray(1), whole.subarray(0, 5_000), Buffer.of()]) {
      await writeFile(file, bytes);
      const damaged = { code: 'ROOKERY_BLOB_CORRUPTED', status: 500 };
      await expect(blobs.store.getBuffer('a')).rejects.toMatchObject(damaged);
    }
    await writeFile(file, whole);
    expect(await blobs.store.getBuffer('a')).toHaveLength(10_000);
  }
  await rm(directory, { recursive: true });
});
