import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSystemBlobs } from '@rookery/blob/fs';
import { blobDriverContract } from '@rookery/blob/testing';

blobDriverContract('a directory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rookery-blobs-'));
  return { driver: fileSystemBlobs({ directory }), close: () => rm(directory, { recursive: true }) };
});
