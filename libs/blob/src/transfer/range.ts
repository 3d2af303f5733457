import type { BlobRange, ByteRange } from '../blob-info.js';
import { BlobRangeError } from '../blob.errors.js';

/** The range within a blob of this size. An end beyond it is its end, as in HTTP. @throws BlobRangeError */
export function resolveRange(blob: string, range: BlobRange, size: number): ByteRange {
  const whole = (value: number) => Number.isSafeInteger(value) && value >= 0;
  if ('last' in range) {
    if (!whole(range.last) || range.last === 0 || size === 0) throw new BlobRangeError(blob, size);
    return { start: Math.max(0, size - range.last), end: size - 1 };
  }
  const { start, end = size - 1 } = range;
  if (!whole(start) || !whole(end) || start >= size || end < start) throw new BlobRangeError(blob, size);
  return { start, end: Math.min(end, size - 1) };
}
