import { createHash } from 'node:crypto';
import { asBuffer } from './chunks.js';
import { BlobIncompleteError, BlobTooLargeError } from '../blob.errors.js';

/** What the caller says about the content before it comes. */
export interface Announced {
  /** Bytes it will have. Fewer or more, and nothing is stored. */
  sizeBytes?: number;
  /** Its SHA-256 in hex. Any other, and nothing is stored. */
  sha256?: string;
}

/** Counts and hashes content on its way into the store, and stops it as soon as it is not what it may be. */
export class Meter {
  private readonly hash = createHash('sha256');
  private size = 0;
  private result: { size: number; sha256: string } | undefined;
  /** What the content failed with: its own error, which is not the store's fault. */
  failure: unknown;

  constructor(
    private readonly blob: string,
    private readonly maxBytes: number,
    private readonly announced: Announced,
  ) {
    if ((announced.sizeBytes ?? 0) > maxBytes) throw new BlobTooLargeError(blob, maxBytes);
  }

  async *through(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<Buffer> {
    try {
      yield* this.counted(source);
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  digest(): { size: number; sha256: string } {
    if (!this.result) throw new Error('the body has not been read to its end');
    return this.result;
  }

  private async *counted(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      const bytes = asBuffer(chunk);
      this.size += bytes.length;
      if (this.size > this.maxBytes) throw new BlobTooLargeError(this.blob, this.maxBytes);
      this.hash.update(bytes);
      if (bytes.length > 0) yield bytes;
    }
    this.result = { size: this.size, sha256: this.hash.digest('hex') };
    this.compare(this.result);
  }

  private compare({ size, sha256 }: { size: number; sha256: string }): void {
    const { sizeBytes, sha256: wanted } = this.announced;
    if (sizeBytes !== undefined && sizeBytes !== size)
      throw new BlobIncompleteError(this.blob, `${size} bytes came instead of ${sizeBytes}`);
    if (wanted !== undefined && wanted.toLowerCase() !== sha256)
      throw new BlobIncompleteError(this.blob, 'its checksum is another one');
  }
}
