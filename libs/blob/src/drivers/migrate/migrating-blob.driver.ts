import type { BlobEntry } from '../../blob-info.js';
import type { BlobAddress, BlobDriver, BlobListing, BlobRead, BlobWrite, StoredBlob } from '../../blob.driver.js';

/** Two stores that look like one: what is not in the new one yet is still in the old one. */
export class MigratingBlobDriver implements BlobDriver {
  readonly kind = 'migrate';
  readonly address: string;
  readonly parts: readonly BlobDriver[];

  constructor(
    private readonly from: BlobDriver,
    private readonly to: BlobDriver,
  ) {
    this.parts = [from, to];
    this.address = `${from.address} -> ${to.address}`;
  }

  async open(): Promise<void> {
    await Promise.all([this.from.open(), this.to.open()]);
  }

  async close(): Promise<void> {
    await Promise.all([this.from.close(), this.to.close()]);
  }

  /** A condition is judged by the store that has the current version. */
  async write(at: BlobAddress, body: AsyncIterable<Buffer>, write: BlobWrite): Promise<StoredBlob | null> {
    if (write.onlyIf === 'any' || (await this.to.stat(at))) return this.to.write(at, body, write);
    const old = await this.from.stat(at);
    const holds = write.onlyIf === 'absent' ? old === null : old?.etag === write.onlyIf.etag;
    return holds ? this.to.write(at, body, { ...write, onlyIf: 'absent' }) : null;
  }

  async read(at: BlobAddress, read: BlobRead) {
    return (await this.to.read(at, read)) ?? this.from.read(at, read);
  }

  async stat(at: BlobAddress, call?: Pick<BlobRead, 'signal'>): Promise<StoredBlob | null> {
    return (await this.to.stat(at, call)) ?? this.from.stat(at, call);
  }

  /** From the old store first: were it the other way round, the old version would come back for a moment. */
  async delete(at: BlobAddress, { etag, signal }: Pick<BlobRead, 'etag' | 'signal'> = {}): Promise<boolean> {
    const current = await this.stat(at, { signal });
    if (!current || (etag !== undefined && current.etag !== etag)) return false;
    const old = await this.from.delete(at, { signal });
    return (await this.to.delete(at, { etag, signal })) || old;
  }

  async list(container: string, listing: BlobListing): Promise<BlobEntry[]> {
    const [fresh, old] = await Promise.all([this.to, this.from].map((driver) => driver.list(container, listing)));
    const known = new Set(fresh.map(({ name }) => name));
    return [...fresh, ...old.filter(({ name }) => !known.has(name))]
      .map((entry) => ({ entry, order: Buffer.from(entry.name) }))
      .sort((one, other) => Buffer.compare(one.order, other.order))
      .slice(0, listing.limit)
      .map(({ entry }) => entry);
  }
}
