import type { TransactionManager } from '@rookery/core';
import type { BlobEntry } from '../../blob-info.js';
import type { BlobAddress, BlobListing, StoredBlob, WriteCondition } from '../../blob.driver.js';
import type { Dialect } from './dialect.js';

/** A blob's row: its facts, and where its bytes are. */
export interface BlobRow {
  stored: StoredBlob;
  generation: string;
  chunkBytes: number;
}

const FACTS =
  'name, generation, etag, content_type, metadata, encoding, size, stored_bytes, sha256, chunk_bytes, created_at';
const VERSION = FACTS.split(', ').slice(1);
/** Above every name: no name holds this character. */
const LAST = '\u{10ffff}';

/** The table of blobs. Every change is one statement, so none needs a transaction and none is seen by halves. */
export class BlobRows {
  constructor(
    private readonly dialect: Dialect,
    private readonly namespace: string,
  ) {}

  async find({ container, name }: BlobAddress, manager?: TransactionManager): Promise<BlobRow | null> {
    const { rows } = await this.dialect.run(
      `select ${FACTS} from ${this.dialect.tables.blobs} where namespace = ? and container = ? and name = ?`,
      [this.namespace, container, name],
      manager,
    );
    return rows.length > 0 ? rowOf(rows[0]) : null;
  }

  /** Points the blob to a generation that was written. False when the condition does not hold. */
  async point(
    at: BlobAddress,
    row: Omit<BlobRow, 'stored'> & { stored: Omit<StoredBlob, 'createdAt'> },
    onlyIf: WriteCondition,
    manager?: TransactionManager,
  ): Promise<boolean> {
    const { stored, generation, chunkBytes } = row;
    const { etag, contentType, metadata, encoding = null, size, storedBytes, sha256 } = stored;
    const values = [
      generation,
      etag,
      contentType,
      JSON.stringify(metadata),
      encoding,
      size,
      storedBytes,
      sha256,
      chunkBytes,
    ];
    const { tables, nowMs } = this.dialect;
    // A generation that the sweep has marked in the meantime must not be pointed to any more.
    const alive = `from ${tables.generations} where generation = ? and orphaned_at is null`;
    if (typeof onlyIf === 'object') return this.repoint(at, values, onlyIf.etag, manager);
    const { affected } = await this.dialect.run(
      `insert into ${tables.blobs} (namespace, container, ${FACTS})
       select ?, ?, ?, generation, ${'?, '.repeat(values.length - 1)}${nowMs} ${alive} ${this.onConflict(onlyIf)}`,
      [this.namespace, at.container, at.name, ...values.slice(1), generation],
      manager,
    );
    return affected > 0;
  }

  /** Lets another name point to the same bytes. False when the source is gone or the condition does not hold. */
  async copy(from: BlobAddress, to: BlobAddress, etag: string, onlyIf: 'any' | 'absent', manager?: TransactionManager) {
    const { tables, nowMs } = this.dialect;
    const kept = VERSION.filter((column) => column !== 'etag' && column !== 'created_at').join(', ');
    const { affected } = await this.dialect.run(
      `insert into ${tables.blobs} (namespace, container, name, etag, created_at, ${kept})
       select namespace, ?, ?, ?, ${nowMs}, ${kept} from ${tables.blobs} source
       where source.namespace = ? and source.container = ? and source.name = ? ${this.onConflict(onlyIf)}`,
      [to.container, to.name, etag, this.namespace, from.container, from.name],
      manager,
    );
    return affected > 0;
  }

  async remove({ container, name }: BlobAddress, etag?: string, manager?: TransactionManager): Promise<boolean> {
    const { affected } = await this.dialect.run(
      `delete from ${this.dialect.tables.blobs} where namespace = ? and container = ? and name = ?${etag === undefined ? '' : ' and etag = ?'}`,
      [this.namespace, container, name, ...(etag === undefined ? [] : [etag])],
      manager,
    );
    return affected > 0;
  }

  async list(container: string, { prefix, after = '', limit }: BlobListing): Promise<BlobEntry[]> {
    const { rows } = await this.dialect.run(
      `select name, stored_bytes, etag, created_at from ${this.dialect.tables.blobs}
       where namespace = ? and container = ? and name > ? and name >= ? and name < ? order by name limit ${limit}`,
      [this.namespace, container, after, prefix, prefix + LAST],
    );
    return rows.map((row) => ({
      name: String(row.name),
      storedBytes: Number(row.stored_bytes),
      etag: String(row.etag),
      createdAt: new Date(Number(row.created_at)),
    }));
  }

  private async repoint(
    at: BlobAddress,
    values: unknown[],
    etag: string,
    manager?: TransactionManager,
  ): Promise<boolean> {
    const { tables, nowMs } = this.dialect;
    const columns = VERSION.slice(0, -1).map((column) => `${column} = ?`);
    const { affected } = await this.dialect.run(
      `update ${tables.blobs} set ${columns.join(', ')}, created_at = ${nowMs}
       where namespace = ? and container = ? and name = ? and etag = ?
         and exists (select 1 from ${tables.generations} where generation = ? and orphaned_at is null)`,
      [...values, this.namespace, at.container, at.name, etag, values[0]],
      manager,
    );
    return affected > 0;
  }

  private onConflict(onlyIf: 'any' | 'absent'): string {
    return onlyIf === 'any' ? this.dialect.orReplace(VERSION) : this.dialect.orLeave;
  }
}

function rowOf(row: Record<string, unknown>): BlobRow {
  const metadata = typeof row.metadata === 'string' ? (JSON.parse(row.metadata) as unknown) : row.metadata;
  return {
    generation: String(row.generation),
    chunkBytes: Number(row.chunk_bytes),
    stored: {
      name: String(row.name),
      size: Number(row.size),
      storedBytes: Number(row.stored_bytes),
      sha256: String(row.sha256),
      contentType: String(row.content_type),
      metadata: metadata as Record<string, string>,
      encoding: (row.encoding as string | null) ?? undefined,
      etag: String(row.etag),
      createdAt: new Date(Number(row.created_at)),
    },
  };
}
