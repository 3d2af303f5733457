import type { GetOptions } from '../blob.calls.js';
import type { ByteRange } from '../blob-info.js';
import type { BlobAddress, StoredBlob } from '../blob.driver.js';
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

/** Opens this very version, decoded. Null when it has been replaced in the meantime. */
export async function openContent(
  subject: Subject,
  at: BlobAddress,
  stored: StoredBlob,
  range: ByteRange | undefined,
  { signal, manager }: GetOptions,
): Promise<OpenedContent | null> {
  const { driver } = subject.container;
  const read = async (part?: ByteRange) => {
    const reading = await asked(subject, driver.read(at, { range: part, etag: stored.etag, signal, manager }), signal);
    if (!reading) return null;
    // A stream that fails before anybody reads it must not end the process; whoever reads it still gets the error.
    reading.body.on('error', () => undefined);
    return { body: reading.body as AsyncIterable<Buffer>, close: () => void reading.body.destroy() };
  };
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
    const { code, name: kind } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ROOKERY') || kind === 'MissingChunkError') throw error;
    throw new BlobCorruptedError(container.name, name, (error as Error).message, error);
  }
}
