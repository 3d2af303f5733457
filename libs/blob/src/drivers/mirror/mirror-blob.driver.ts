import { traced } from '@rookery/core';
import type {
  BlobAddress,
  BlobDriver,
  BlobListing,
  BlobRead,
  BlobWrite,
  PresignRequest,
  StoredBlob,
} from '../../blob.driver.js';

/** One store that counts, and others that get everything, too. */
export class MirrorBlobDriver implements BlobDriver {
  readonly kind = 'mirror';
  readonly address: string;
  readonly presign: BlobDriver['presign'];
  readonly parts: readonly BlobDriver[];

  constructor(
    private readonly primary: BlobDriver,
    private readonly copies: readonly BlobDriver[],
  ) {
    this.parts = [primary, ...copies];
    this.address = this.parts.map(({ address }) => address).join(' + ');
    // Only while it has a version can it be linked to; its links are of no use when it is down.
    if (primary.presign) this.presign = (at: BlobAddress, request: PresignRequest) => primary.presign!(at, request);
  }

  async open(): Promise<void> {
    await Promise.all(this.parts.map((driver) => driver.open()));
  }

  async close(): Promise<void> {
    await Promise.all(this.parts.map((driver) => driver.close()));
  }

  async write(at: BlobAddress, body: AsyncIterable<Buffer>, write: BlobWrite): Promise<StoredBlob | null> {
    const stored = await this.primary.write(at, body, write);
    if (stored) await this.onCopies('write', (copy) => this.copyOver(at, stored, copy, write.signal));
    return stored;
  }

  read(at: BlobAddress, read: BlobRead) {
    return this.fromFirst((driver) => driver.read(at, read));
  }

  stat(at: BlobAddress): Promise<StoredBlob | null> {
    return this.fromFirst((driver) => driver.stat(at));
  }

  list(container: string, listing: BlobListing) {
    return this.fromFirst((driver) => driver.list(container, listing));
  }

  async delete(at: BlobAddress, call?: Pick<BlobRead, 'etag' | 'signal'>): Promise<boolean> {
    const deleted = await this.primary.delete(at, call);
    if (deleted) await this.onCopies('delete', (copy) => copy.delete(at));
    return deleted;
  }

  /** The next is asked only when one fails; that a blob is missing is an answer. */
  private async fromFirst<T>(ask: (driver: BlobDriver) => Promise<T>): Promise<T> {
    let failure: unknown;
    for (const driver of this.parts) {
      try {
        return await ask(driver);
      } catch (error) {
        failure ??= error;
      }
    }
    throw failure;
  }

  private async copyOver(at: BlobAddress, stored: StoredBlob, copy: BlobDriver, signal: AbortSignal): Promise<void> {
    const reading = await this.primary.read(at, { etag: stored.etag, signal });
    // Replaced already: whoever did that copies over what is there now.
    if (!reading) return;
    const { contentType, metadata, encoding, size, sha256 = '' } = stored;
    const digest = () => ({ size, sha256 });
    await copy.write(at, reading.body as AsyncIterable<Buffer>, {
      contentType,
      metadata,
      encoding,
      digest,
      onlyIf: 'any',
      signal,
    });
  }

  /** A copy that fails does not undo what the primary store has; whoever listens to the channel learns of it. */
  private async onCopies(action: string, work: (copy: BlobDriver) => Promise<unknown>): Promise<void> {
    await Promise.allSettled(
      this.copies.map((copy) => traced('blob:mirror', { action, copy: copy.address }, () => work(copy))),
    );
  }
}
