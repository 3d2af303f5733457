import type { GetOptions } from '../blob.calls.js';
import type { ByteRange } from '../blob-info.js';
import type { BlobAddress, BlobRead, StoredBlob } from '../blob.driver.js';
import { BlobCorruptedError } from '../blob.errors.js';
import { decoded, lengthsRange, piecesRange, type EncodedBlob } from '../pipeline/decoding.js';
import { decoderOf } from '../pipeline/encoding.js';
import { bytesOf } from '../transfer/bytes-of.js';
import { asked, type Subject } from './faults.js';

/** Content on its way out of the store. */
export interface OpenedContent {
  body: AsyncIterable<Buffer>;
  /** Lets go of the store, also when nothing was read. */
  close(): void;
}

/** Opens a part of this very version, decoded. Null when it has been replaced in the meantime. */
export async function openContent(
  subject: Subject,
  at: BlobAddress,
  stored: StoredBlob,
  range: ByteRange | undefined,
  { signal, manager }: GetOptions,
): Promise<OpenedContent | null> {
  const read = (part?: ByteRange) => openStored(subject, at, { range: part, etag: stored.etag, signal, manager });
  if (stored.encoding === undefined) return read(range);

  const blob = encodedBlob(subject, stored, stored.encoding);
  const whole = { start: 0, end: stored.size - 1 };
  let pieces: ByteRange | undefined;
  if (range) {
    const lengths = await read(lengthsRange(blob));
    if (!lengths) return null;
    pieces = piecesRange(blob, range, await bytesOf(lengths.body, Infinity));
  }
  const content = await read(pieces);
  return content && { body: readable(subject, decoded(blob, content.body, range ?? whole)), close: content.close };
}

/** Opens the bytes as they are stored, and tells what is known about them. */
export async function openStored(subject: Subject, at: BlobAddress, read: BlobRead) {
  const opening = subject.container.driver.read(at, read);
  const reading = await asked(subject, opening, read.signal).catch((error: unknown) => {
    // Nobody waits for it any more.
    opening.then((late) => late?.body.destroy()).catch(() => undefined);
    throw error;
  });
  if (!reading) return null;
  const { stored, body } = reading;
  // A stream that fails before anybody reads it must not end the process; whoever reads it still gets the error.
  body.on('error', () => undefined);
  return { stored, body: body as AsyncIterable<Buffer>, close: () => void body.destroy() };
}

function encodedBlob({ container, name }: Subject, { size, storedBytes }: StoredBlob, encoding: string): EncodedBlob {
  try {
    return { size, storedBytes, ...decoderOf(container.options.pipeline, encoding) };
  } catch (error) {
    throw new BlobCorruptedError(container.name, name, (error as Error).message, error);
  }
}

/** A piece that cannot be decoded is damage, not a fault of the store. */
async function* readable({ container, name }: Subject, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* pieces;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('ROOKERY')) throw error;
    throw new BlobCorruptedError(container.name, name, (error as Error).message, error);
  }
}
