import type { TransactionManager } from '@rookery/core';
import type { BlobRange } from './blob-info.js';
import type { DispositionOptions } from './http/content-headers.js';

/** What every call takes. */
export interface BlobCallOptions {
  /** Gives the call up. */
  signal?: AbortSignal;
  /**
   * The caller's TypeORM transaction: what is written becomes visible when it commits and vanishes when it rolls back.
   * Only with `databaseBlobs()` on the same DataSource.
   */
  manager?: TransactionManager;
}

/** Options of `put`. */
export interface PutOptions extends BlobCallOptions {
  /** @default 'application/octet-stream' */
  contentType?: string;
  /** Lower-case keys, string values, together at most 1500 bytes. @default {} */
  metadata?: Record<string, string>;
  /** Replaces a blob of that name. @default false */
  overwrite?: boolean;
  /** Replaces the blob only while it is this version (an `etag`). */
  ifMatch?: string;
  /** Bytes the content will have; with fewer or more nothing is stored. */
  sizeBytes?: number;
  /** SHA-256 of the content in hex; with any other nothing is stored. */
  sha256?: string;
}

/** Options of `get`. */
export interface GetOptions extends BlobCallOptions {
  /** Only a part. @default the whole blob */
  range?: BlobRange;
  /** Only this version (an `etag`). */
  ifMatch?: string;
  /** Only when it is no longer this version (an `etag`). */
  ifNoneMatch?: string;
}

/** Options of `getBuffer`. */
export interface GetBufferOptions extends GetOptions {
  /** Bytes that may be taken into memory. @default 67108864 */
  maxBytes?: number;
}

/** Options of `delete`. */
export interface DeleteOptions extends BlobCallOptions {
  /** Only this version (an `etag`). */
  ifMatch?: string;
}

/** Options of `copy` and `move`. */
export interface CopyOptions extends BlobCallOptions {
  /** Replaces a blob of the new name. @default false */
  overwrite?: boolean;
}

/** Options of `list`. */
export interface ListOptions {
  /** Only names that begin so. @default '' */
  prefix?: string;
  /** Where the page before ended. */
  cursor?: string;
  /** Entries per page, 1 to 1000. @default 100 */
  limit?: number;
  /** Gives the call up. */
  signal?: AbortSignal;
}

/** Options of `url`. */
export interface UrlOptions extends DispositionOptions {
  /** Milliseconds that the link works, up to 7 days. @default 300000 */
  expiresInMs?: number;
  /** Gives the call up. */
  signal?: AbortSignal;
}

/** Options of `uploadUrl`. */
export interface UploadUrlOptions {
  /** What will be sent. @default 'application/octet-stream' */
  contentType?: string;
  /** Bytes that will be sent; needed on S3 when the container has a `maxBytes`. */
  sizeBytes?: number;
  /** Milliseconds that the link works, up to 7 days. @default 300000 */
  expiresInMs?: number;
}
