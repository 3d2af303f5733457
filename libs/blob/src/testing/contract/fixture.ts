import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BlobStore } from '../../blob.store.js';

/** One container under test, and names that no other case uses. */
export interface ContractSubject {
  store(): BlobStore;
  other(): BlobStore;
}

let count = 0;

/** A name of the case's own. */
export function freshName(ending = '.bin'): string {
  return `case-${++count}-${randomBytes(4).toString('hex')}${ending}`;
}

export function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** A stream of pieces of uneven size. */
export function streamOf(data: Buffer, pieceBytes = 61_001): Readable {
  function* pieces() {
    for (let start = 0; start < data.length; start += pieceBytes) yield data.subarray(start, start + pieceBytes);
  }
  return Readable.from(pieces(), { objectMode: false });
}

/** A stream that fails after some bytes. */
export function failingStream(bytes: number, error = new Error('the source broke')): Readable {
  return Readable.from(
    (async function* () {
      for (let sent = 0; sent < bytes; sent += 65_536) yield randomBytes(Math.min(65_536, bytes - sent));
      throw error;
    })(),
    { objectMode: false },
  );
}

/** Over two chunks of every driver and parts of S3. */
export const LARGE_BYTES = 17 * 1024 * 1024 + 12_345;
