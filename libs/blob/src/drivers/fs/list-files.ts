import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobListing } from '../../blob.driver.js';
import { openIfThere, readFacts } from './blob-file.js';
import { nameOf } from './blob-path.js';

/**
 * The files of one page, in the order of their blobs' names. Reads the names of all files of the container, but looks
 * into none of them, save those whose names were too long for a file.
 */
export async function filesOf(directory: string, { prefix, after, limit }: BlobListing): Promise<string[]> {
  const found: { order: Buffer; path: string }[] = [];
  const listed = await Promise.all(
    (await leaves(directory)).map(async (path) => ({ path, files: await entries(path) })),
  );
  for (const { path, files } of listed) {
    for (const file of files) {
      const name = nameOf(file) ?? (await nameWithin(join(path, file)));
      if (name?.startsWith(prefix)) found.push({ order: Buffer.from(name), path: join(path, file) });
    }
  }
  const from = after === undefined ? undefined : Buffer.from(after);
  return found
    .filter(({ order }) => from === undefined || Buffer.compare(order, from) > 0)
    .sort((one, other) => Buffer.compare(one.order, other.order))
    .slice(0, limit)
    .map(({ path }) => path);
}

async function leaves(directory: string): Promise<string[]> {
  const first = (await entries(directory)).map((level) => join(directory, level));
  const second = await Promise.all(first.map(async (path) => (await entries(path)).map((level) => join(path, level))));
  return second.flat();
}

function entries(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

async function nameWithin(path: string): Promise<string | undefined> {
  const file = await openIfThere(path);
  const facts = file && (await readFacts(file).finally(() => file.close()));
  return facts?.name;
}
