import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BlobEntry } from '../../blob-info.js';
import {
  partOf,
  type BlobAddress,
  type BlobDriver,
  type BlobListing,
  type BlobRead,
  type BlobWrite,
  type StoredBlob,
  type WriteCondition,
} from '../../blob.driver.js';

interface Kept {
  stored: StoredBlob;
  data: Buffer;
}

/** Blobs in a map of this process. */
export class MemoryBlobDriver implements BlobDriver {
  readonly kind = 'memory';
  readonly address = 'the memory of this process';

  constructor(private readonly containers: Map<string, Map<string, Kept>>) {}

  async open(): Promise<void> {}
  async close(): Promise<void> {}

  async write(at: BlobAddress, body: AsyncIterable<Buffer>, write: BlobWrite): Promise<StoredBlob | null> {
    const chunks: Buffer[] = [];
    // A caller may use its buffer again once it was taken.
    for await (const chunk of body) chunks.push(Buffer.from(chunk));
    if (!holds(write.onlyIf, this.find(at))) return null;
    const data = Buffer.concat(chunks);
    const { contentType, metadata, encoding } = write;
    const stored = {
      name: at.name,
      storedBytes: data.length,
      ...write.digest(),
      contentType,
      metadata,
      encoding,
      etag: randomUUID().replaceAll('-', ''),
      createdAt: new Date(),
    };
    const container = this.containers.get(at.container) ?? new Map<string, Kept>();
    this.containers.set(at.container, container.set(at.name, { stored, data }));
    return stored;
  }

  async read(at: BlobAddress, read: BlobRead) {
    const found = this.find(at);
    if (!found || (read.etag !== undefined && found.stored.etag !== read.etag)) return null;
    const range = partOf(found.stored, read);
    const data = range ? found.data.subarray(range.start, range.end + 1) : found.data;
    // A copy: what readers do to it must not reach the store.
    return {
      stored: found.stored,
      body: Readable.from(data.length > 0 ? [Buffer.from(data)] : [], { objectMode: false }),
    };
  }

  async stat(at: BlobAddress): Promise<StoredBlob | null> {
    return this.find(at)?.stored ?? null;
  }

  async delete(at: BlobAddress, { etag }: Pick<BlobRead, 'etag'> = {}): Promise<boolean> {
    const found = this.find(at);
    if (!found || (etag !== undefined && found.stored.etag !== etag)) return false;
    return this.containers.get(at.container)!.delete(at.name);
  }

  async list(container: string, { prefix, after, limit }: BlobListing): Promise<BlobEntry[]> {
    return [...(this.containers.get(container)?.values() ?? [])]
      .map(({ stored }) => stored)
      .filter(({ name }) => name.startsWith(prefix) && (after === undefined || byBytes(name, after) > 0))
      .sort((one, other) => byBytes(one.name, other.name))
      .slice(0, limit)
      .map(({ name, storedBytes, etag, createdAt }) => ({ name, storedBytes, etag, createdAt }));
  }

  private find({ container, name }: BlobAddress): Kept | undefined {
    return this.containers.get(container)?.get(name);
  }
}

function holds(condition: WriteCondition, current: Kept | undefined): boolean {
  if (condition === 'any') return true;
  return condition === 'absent' ? current === undefined : current?.stored.etag === condition.etag;
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
