/** What is known about a blob without reading it. */
export interface BlobInfo {
  name: string;
  /** Bytes of the content as it was put, whatever the pipeline made of it. */
  size: number;
  /** Of the content, in hex. Absent when the store was written to by others, e.g. by a direct upload to S3. */
  sha256?: string;
  contentType: string;
  metadata: Record<string, string>;
  /** When this version was written, by the store's clock. */
  createdAt: Date;
  /** Changes with every write. Opaque, without quotes. */
  etag: string;
}

/** One line of a listing. `stat` tells the rest. */
export interface BlobEntry {
  name: string;
  /** Bytes in the store: the content's size unless the container has a pipeline. */
  storedBytes: number;
  etag: string;
  createdAt: Date;
}

/** One page of a listing. */
export interface BlobPage {
  entries: BlobEntry[];
  /** Hand it to the next `list` call; absent on the last page. */
  cursor?: string;
}

/** A part of a blob: from `start` to `end` (both included; to the end of the blob without `end`), or the `last` bytes. */
export type BlobRange = { start: number; end?: number } | { last: number };

/** A range within a blob of known size; both ends included. */
export interface ByteRange {
  start: number;
  end: number;
}
