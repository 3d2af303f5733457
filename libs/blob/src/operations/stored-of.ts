import type { BlobCallOptions } from '../blob.calls.js';
import type { BlobAddress, StoredBlob } from '../blob.driver.js';
import { ENDING_BYTES, sizeFromEnding } from '../pipeline/decoding.js';
import { bytesOf } from '../transfer/bytes-of.js';
import { asked, type Subject } from './faults.js';

/** What is stored; null when there is nothing. */
export async function storedOf(
  subject: Subject,
  at: BlobAddress,
  options: BlobCallOptions,
): Promise<StoredBlob | null> {
  const { signal, manager } = options;
  const { driver } = subject.container;
  const stored = await asked(subject, driver.stat(at, { signal, manager }), signal);
  if (!stored || stored.encoding === undefined || stored.sha256 !== undefined) return stored;
  // The store could not keep what was known only at the end of the write; the encoded form tells its size itself.
  const range = { start: stored.storedBytes - ENDING_BYTES, end: stored.storedBytes - 1 };
  const ending = await asked(subject, driver.read(at, { range, etag: stored.etag, signal, manager }), signal);
  return ending ? { ...stored, size: sizeFromEnding(await bytesOf(ending.body, ENDING_BYTES)) } : null;
}
