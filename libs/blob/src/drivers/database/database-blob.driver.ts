import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { InvalidInputError, type TransactionManager } from '@rookery/core';
import type { DataSource } from 'typeorm';
import type { BlobEntry } from '../../blob-info.js';
import {
  partOf,
  type BlobAddress,
  type BlobDriver,
  type BlobListing,
  type BlobRead,
  type BlobWrite,
  type StoredBlob,
} from '../../blob.driver.js';
import { BlobGenerations, CHUNK_BYTES } from './blob-generations.js';
import { BlobRows } from './blob-rows.js';
import { BlobSweep } from './blob-sweep.js';
import type { Dialect } from './dialect.js';

/** Blobs in a SQL database. A version's bytes are written first; one statement then lets the blob point to them. */
export class DatabaseBlobDriver implements BlobDriver {
  readonly kind = 'database';
  readonly transactional = true;
  private readonly rows: BlobRows;
  private readonly generations: BlobGenerations;
  private readonly sweeper: BlobSweep;
  private initializedHere = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly dialect: Dialect,
    namespace: string,
    private readonly migrate: boolean,
  ) {
    this.rows = new BlobRows(dialect, namespace);
    this.generations = new BlobGenerations(dialect, namespace);
    this.sweeper = new BlobSweep(dialect, namespace, this.generations);
  }

  get address(): string {
    return `${this.dataSource.options.type} database ${String(this.dataSource.driver.database ?? '')}`.trim();
  }

  async open(): Promise<void> {
    if (!this.dataSource.isInitialized) {
      await this.dataSource.initialize();
      this.initializedHere = true;
    }
    await this.dialect.migrate(this.migrate);
  }

  async close(): Promise<void> {
    if (this.initializedHere && this.dataSource.isInitialized) await this.dataSource.destroy();
    this.initializedHere = false;
  }

  async write(at: BlobAddress, body: AsyncIterable<Buffer>, write: BlobWrite): Promise<StoredBlob | null> {
    const { contentType, metadata, encoding, onlyIf, signal, manager } = write;
    this.checkManager(manager);
    const { generation, storedBytes } = await this.generations.write(body, signal, manager);
    const etag = newEtag();
    const stored = { name: at.name, storedBytes, ...write.digest(), contentType, metadata, encoding, etag };
    const row = { stored, generation, chunkBytes: CHUNK_BYTES };
    if (await this.rows.point(at, row, onlyIf, manager)) return this.written(at, etag, stored, manager);
    await this.generations.assertAlive(generation, manager);
    await this.generations.remove(generation, manager);
    return null;
  }

  async read(at: BlobAddress, read: BlobRead) {
    const { etag, signal, manager } = read;
    this.checkManager(manager);
    const row = await this.rows.find(at, manager);
    if (!row || (etag !== undefined && row.stored.etag !== etag)) return null;
    const part = partOf(row.stored, read) ?? { start: 0, end: row.stored.storedBytes - 1 };
    return {
      stored: row.stored,
      body: Readable.from(this.generations.read(row, part, signal, manager), { objectMode: false }),
    };
  }

  async stat(at: BlobAddress, { manager }: Pick<BlobRead, 'manager'> = {}): Promise<StoredBlob | null> {
    this.checkManager(manager);
    return (await this.rows.find(at, manager))?.stored ?? null;
  }

  async delete(at: BlobAddress, { etag, manager }: Pick<BlobRead, 'etag' | 'manager'> = {}): Promise<boolean> {
    this.checkManager(manager);
    return this.rows.remove(at, etag, manager);
  }

  list(container: string, listing: BlobListing): Promise<BlobEntry[]> {
    return this.rows.list(container, listing);
  }

  async copy(from: BlobAddress, to: BlobAddress, { onlyIf, manager }: Pick<BlobWrite, 'onlyIf' | 'manager'>) {
    if (typeof onlyIf === 'object') return undefined;
    this.checkManager(manager);
    const copied = await this.rows.copy(from, to, newEtag(), onlyIf, manager);
    return copied ? this.stat(to, { manager }) : null;
  }

  sweep(request: { graceMs: number; everyMs: number }): Promise<number | null> {
    return this.sweeper.run(request);
  }

  private checkManager(manager: TransactionManager | undefined): void {
    if (manager && manager.connection !== this.dataSource)
      throw new InvalidInputError('The manager', 'of another DataSource', 'of the one that keeps the blobs');
  }

  /** The row as it was written, with the database's time. Should it be replaced already, ours is as good. */
  private async written(
    at: BlobAddress,
    etag: string,
    stored: Omit<StoredBlob, 'createdAt'>,
    manager?: TransactionManager,
  ) {
    const row = await this.rows.find(at, manager);
    return row?.stored.etag === etag ? row.stored : { ...stored, createdAt: new Date() };
  }
}

function newEtag(): string {
  return randomUUID().replaceAll('-', '');
}
