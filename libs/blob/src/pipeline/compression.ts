import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { BlobStage } from './stage.js';

const deflate = promisify<Buffer, { level: number }, Buffer>(deflateRaw);
const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw);

const AS_IT_WAS = 0;
const DEFLATED = 1;

/** Options of `compression()`. */
export interface CompressionOptions {
  /** 1 (fast) to 9 (small). @default 6 */
  level?: number;
  /** Only reads what was compressed before. @default false */
  onlyRead?: boolean;
}

/**
 * Compresses blobs on their way into the store (deflate). Pieces that would not get smaller are kept as they are.
 *
 * @example @BlobContainer('logs', { pipeline: [compression()] })
 */
export function compression({ level = 6, onlyRead = false }: CompressionOptions = {}): BlobStage {
  return {
    id: 'deflate',
    encoder: () =>
      onlyRead
        ? null
        : {
            note: '',
            encode: async (piece) => {
              const smaller = await deflate(piece, { level });
              const wins = smaller.length < piece.length;
              return Buffer.concat([Buffer.of(wins ? DEFLATED : AS_IT_WAS), wins ? smaller : piece]);
            },
          },
    // The limit keeps a forged piece from filling the memory.
    decoder: (_, maxBytes) => async (piece) =>
      piece[0] === DEFLATED ? inflate(piece.subarray(1), { maxOutputLength: maxBytes }) : piece.subarray(1),
  };
}
