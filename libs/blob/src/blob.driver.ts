import type { Readable } from 'node:stream';
import type { TransactionManager } from '@rookery/core';
import type { BlobEntry, ByteRange } from './blob-info.js';

/** Where a blob is. Both parts are checked and normalised; `container` already tells tenants apart. */
export interface BlobAddress {
  container: string;
  name: string;
}

/** What a driver keeps beside the bytes. */
export interface StoredBlob {
  name: string;
  /** Bytes in the store, after the pipeline. */
  storedBytes: number;
  /** Bytes of the content, before the pipeline. */
  size: number;
  /** Absent only when somebody else wrote to the store. */
  sha256?: string;
  contentType: string;
  metadata: Record<string, string>;
  /** How the pipeline encoded the bytes; opaque to drivers. */
  encoding?: string;
  etag: string;
  createdAt: Date;
}

/** What must be true of the current version for a write to happen. */
export type WriteCondition = 'any' | 'absent' | { etag: string };

/** What a write is told beside the bytes. */
export interface BlobWrite {
  contentType: string;
  metadata: Record<string, string>;
  /** How the pipeline encoded the bytes; opaque to drivers. */
  encoding?: string;
  onlyIf: WriteCondition;
  /** Size and checksum of the content; known only once the body has ended. */
  digest(): { size: number; sha256: string };
  /** Aborts when the caller gave up. */
  signal: AbortSignal;
  /** The caller's transaction. Only handed to drivers that are `transactional`. */
  manager?: TransactionManager;
}

/** What a read is told. */
export interface BlobRead {
  /**
   * Of the stored bytes; always within the blob. A function is asked once the version is known, and may throw: then
   * nothing stays open.
   */
  range?: ByteRange | ((stored: StoredBlob) => ByteRange);
  /** Only this version. */
  etag?: string;
  /** Aborts when the caller gave up. */
  signal?: AbortSignal;
  /** The caller's transaction. Only handed to drivers that are `transactional`. */
  manager?: TransactionManager;
}

/** How a listing goes on. */
export interface BlobListing {
  prefix: string;
  /** Only names after this one, in the order of their UTF-8 bytes. */
  after?: string;
  limit: number;
}

/** What a driver throws when what it keeps of a blob is not what was written. Users get a BlobCorruptedError. */
export class DamagedBlobError extends Error {}

/** Which stored bytes are wanted of this version; undefined for all of them. */
export function partOf(stored: StoredBlob, { range }: BlobRead): ByteRange | undefined {
  return typeof range === 'function' ? range(stored) : range;
}

/** A URL that a browser may use without passing through the app. */
export interface PresignRequest {
  expiresInMs: number;
  contentType: string;
  /** The whole `Content-Disposition` header of the answer. */
  disposition?: string;
  /** Makes the URL another one when the content changes. */
  etag: string;
}

/** What a browser must send to put a blob into the store by itself. */
export interface PresignedUpload {
  url: string;
  method: 'PUT';
  /** To be sent exactly so. */
  headers: Record<string, string>;
}

/**
 * What a store must be able to do for blobs: the fewest dumb primitives. Drivers check nothing that the service has
 * checked, log nothing, and throw raw errors. Missing blobs and unmet conditions are values.
 */
export interface BlobDriver {
  /** `database`, `s3`, `fs`, `memory` … */
  readonly kind: string;
  /** Where it is, without secrets. */
  readonly address: string;
  /** Whether writes can join the caller's TypeORM transaction. */
  readonly transactional?: boolean;
  /** Whether all replicas see the same; false only where that is in doubt. For the doctor. */
  readonly shared?: boolean;
  /** The drivers that this one is made of; each is swept and examined by itself. */
  readonly parts?: readonly BlobDriver[];

  /** Connects and makes what must be there. Once, before anything else. */
  open(): Promise<void>;
  /** Gives everything back. Idempotent. */
  close(): Promise<void>;

  /**
   * Takes the body to its end, then makes the blob visible in one step. `null` when `onlyIf` does not hold by then.
   * When the body fails, or the process dies, readers never see anything of it.
   */
  write(at: BlobAddress, body: AsyncIterable<Buffer>, write: BlobWrite): Promise<StoredBlob | null>;

  /**
   * Opens one version; the body stays that version to its end, whatever is written meanwhile. `null` when the blob, or
   * that version of it, is not there. Whoever gets a body ends or destroys it.
   */
  read(at: BlobAddress, read: BlobRead): Promise<{ stored: StoredBlob; body: Readable } | null>;

  /** `null` when there is no such blob. */
  stat(at: BlobAddress, call?: Pick<BlobRead, 'signal' | 'manager'>): Promise<StoredBlob | null>;

  /** False when there was nothing to delete, or it is not the version that was meant. */
  delete(at: BlobAddress, call?: Pick<BlobRead, 'etag' | 'signal' | 'manager'>): Promise<boolean>;

  /** Up to `limit` entries, in the order of their names' UTF-8 bytes. */
  list(container: string, listing: BlobListing): Promise<BlobEntry[]>;

  /**
   * Copies within the store without moving bytes through the app. `null` when the source is missing or `onlyIf` does not
   * hold, `undefined` when this blob cannot be copied so and must be streamed.
   */
  copy?(
    from: BlobAddress,
    to: BlobAddress,
    call: Pick<BlobWrite, 'onlyIf' | 'manager'>,
  ): Promise<StoredBlob | null | undefined>;

  /** A URL for reading. */
  presign?(at: BlobAddress, request: PresignRequest): Promise<string>;

  /** A URL for writing. */
  presignUpload?(
    at: BlobAddress,
    request: { expiresInMs: number; contentType: string; sizeBytes?: number },
  ): Promise<PresignedUpload>;

  /**
   * Removes what interrupted writes and replaced versions left behind, when it is older than `graceMs`. Answers how many
   * were removed, or `null` when another replica did it within the last `everyMs`.
   */
  sweep?(request: { graceMs: number; everyMs: number }): Promise<number | null>;
}

/** What a driver may need of the app. */
export interface BlobDriverHost {
  /** The app's TypeORM DataSource, or undefined. */
  dataSource(): Promise<object | undefined>;
}

/** What `databaseBlobs()`, `s3Blobs()` … return: which driver, made once the app is there. */
export interface BlobDriverSource {
  readonly kind: string;
  /** Makes the driver; does not connect yet. */
  create(host: BlobDriverHost): Promise<BlobDriver>;
}
