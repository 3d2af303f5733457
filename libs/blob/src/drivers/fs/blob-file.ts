import { open, type FileHandle } from 'node:fs/promises';
import { DamagedBlobError, type StoredBlob } from '../../blob.driver.js';

/**
 * A blob is one file: its bytes, then what is known about it, then the length of that and a mark. So one rename makes
 * both visible together, and what starts as a PNG still opens as a PNG.
 */
const MARK = Buffer.from('ROOKERY1');
const END_BYTES = 4 + MARK.length;
/** The facts of nearly every blob fit into this; one read then does. */
const GUESS_BYTES = 2_048;

export function factsBlock(stored: StoredBlob): Buffer {
  const facts = Buffer.from(JSON.stringify({ ...stored, createdAt: stored.createdAt.getTime() }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(facts.length);
  return Buffer.concat([facts, length, MARK]);
}

/** @throws DamagedBlobError when the file is not one of ours, or was cut short */
export async function readFacts(file: FileHandle, path: string): Promise<StoredBlob> {
  const { size } = await file.stat();
  const tail = await lastBytes(file, size, Math.min(size, GUESS_BYTES));
  const isMarked = tail.length >= END_BYTES && tail.subarray(-MARK.length).equals(MARK);
  const block = isMarked ? tail.readUInt32LE(tail.length - END_BYTES) + END_BYTES : Infinity;
  if (block <= size) {
    const whole = block <= tail.length ? tail : await lastBytes(file, size, block);
    const facts = factsIn(whole.subarray(-block, whole.length - END_BYTES));
    if (facts?.storedBytes === size - block) return { ...facts, createdAt: new Date(facts.createdAt) };
  }
  throw new DamagedBlobError(`${path} is not as it was written`);
}

function factsIn(block: Buffer): StoredBlob | undefined {
  try {
    return JSON.parse(block.toString()) as StoredBlob;
  } catch {
    return undefined;
  }
}

/** What is known about the blob in a file, or null when the file is not there. @throws DamagedBlobError */
export async function factsAt(path: string): Promise<StoredBlob | null> {
  const file = await openIfThere(path);
  return file && readFacts(file, path).finally(() => file.close());
}

/** Opens a file, or answers null when it is not there. */
export async function openIfThere(path: string): Promise<FileHandle | null> {
  return open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
}

async function lastBytes(file: FileHandle, size: number, count: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, size - count);
  return buffer.subarray(0, bytesRead);
}
