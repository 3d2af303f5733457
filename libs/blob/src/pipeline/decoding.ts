import type { ByteRange } from '../blob-info.js';
import { inPieces } from '../transfer/chunks.js';
import type { PieceTransform } from './stage.js';

/** The encoded form of one blob: see `encoded` in encoding.ts. */
export interface EncodedBlob {
  /** Of the content. */
  size: number;
  storedBytes: number;
  pieceBytes: number;
  decode: PieceTransform;
}

/** Bytes at the very end that tell the content's size. */
export const ENDING_BYTES = 8;

export function sizeFromEnding(ending: Buffer): number {
  return Number(ending.readBigUInt64BE());
}

/** Where the lengths of all pieces are. */
export function lengthsRange({ size, storedBytes, pieceBytes }: EncodedBlob): ByteRange {
  const end = storedBytes - ENDING_BYTES - 1;
  return { start: end + 1 - 4 * pieceCount(size, pieceBytes), end };
}

/** Which stored bytes hold the pieces that a range of the content lies in. */
export function piecesRange({ pieceBytes }: EncodedBlob, range: ByteRange, lengths: Buffer): ByteRange {
  const [first, last] = [range.start, range.end].map((position) => Math.floor(position / pieceBytes));
  let start = 0;
  let end = 0;
  for (let index = 0; index <= last; index++) {
    if (index === first) start = end;
    end += 4 + lengths.readUInt32BE(index * 4);
  }
  return { start, end: end - 1 };
}

/** The content of a range, out of the stored bytes of its pieces. */
export async function* decoded(
  blob: EncodedBlob,
  stored: AsyncIterable<Buffer>,
  range: ByteRange,
): AsyncGenerator<Buffer> {
  const { size, pieceBytes, decode } = blob;
  const count = pieceCount(size, pieceBytes);
  const first = Math.floor(range.start / pieceBytes);
  const last = Math.max(first, Math.floor(range.end / pieceBytes));
  let index = first;
  for await (const payload of frames(stored, last - first + 1)) {
    const piece = await decode(payload, { index, isLast: index === count - 1 });
    const base = index * pieceBytes;
    const part = piece.subarray(Math.max(range.start - base, 0), range.end + 1 - base);
    if (part.length > 0) yield part;
    index++;
  }
  if (index <= last) throw new Error(`it ends after piece ${index - 1} of ${count}`);
}

function pieceCount(size: number, pieceBytes: number): number {
  return Math.max(1, Math.ceil(size / pieceBytes));
}

/** Takes the lengths apart from the pieces. */
async function* frames(stored: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let buffer: Buffer = Buffer.alloc(0);
  let given = 0;
  for await (const chunk of inPieces(stored, 256 * 1024)) {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    while (given < count && buffer.length >= 4 && buffer.length >= 4 + buffer.readUInt32BE()) {
      const end = 4 + buffer.readUInt32BE();
      yield buffer.subarray(4, end);
      buffer = buffer.subarray(end);
      given++;
    }
    if (given === count) return;
  }
}
