import { reason, RookeryError } from '@rookery/core';

/**
 * Every error of this lib. Nest and Express answer with `status` when a controller lets it through; the message of a 5xx
 * is not shown to clients.
 */
export class BlobError extends RookeryError {
  /** HTTP status. */
  readonly status: number;
  readonly statusCode: number;
  /** Whether clients may see the message. */
  readonly expose: boolean;

  constructor(code: string, status: number, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
    this.status = this.statusCode = status;
    this.expose = status < 500;
  }
}

/** 404: there is no such blob. */
export class BlobNotFoundError extends BlobError {
  constructor(
    readonly container: string,
    readonly blob: string,
  ) {
    super('ROOKERY_BLOB_NOT_FOUND', 404, `There is no blob "${blob}" in container "${container}".`);
  }
}

/** 409: there is such a blob already, and `overwrite` was not given. */
export class BlobExistsError extends BlobError {
  constructor(
    readonly container: string,
    readonly blob: string,
  ) {
    super(
      'ROOKERY_BLOB_EXISTS',
      409,
      `Blob "${blob}" is already in container "${container}". Choose another name, or put it with { overwrite: true }.`,
    );
  }
}

/** 412: the blob is not the version that `ifMatch` asked for. */
export class BlobChangedError extends BlobError {
  constructor(
    readonly container: string,
    readonly blob: string,
    expected: string,
  ) {
    super(
      'ROOKERY_BLOB_CHANGED',
      412,
      `Blob "${blob}" in container "${container}" is no longer the version "${expected}". Read it again and decide anew.`,
    );
  }
}

/** 304: the blob is still the version that `ifNoneMatch` named. */
export class BlobNotModifiedError extends BlobError {
  constructor(
    readonly container: string,
    readonly blob: string,
  ) {
    super('ROOKERY_BLOB_NOT_MODIFIED', 304, `Blob "${blob}" in container "${container}" has not changed.`);
  }
}

/** 400: a name that blobs, containers, tenants or metadata may not have. */
export class BlobNameError extends BlobError {
  constructor(what: string, why: string) {
    super('ROOKERY_BLOB_NAME', 400, `${what} ${why}.`);
  }
}

/** 413: more bytes than the container takes, or than the caller wanted in memory. */
export class BlobTooLargeError extends BlobError {
  constructor(
    readonly blob: string,
    readonly maxBytes: number,
  ) {
    super('ROOKERY_BLOB_TOO_LARGE', 413, `Blob "${blob}" has more than the ${maxBytes} bytes that are allowed here.`);
  }
}

/** 415: a content type that the container does not take. */
export class BlobTypeError extends BlobError {
  constructor(blob: string, was: string, allowed: readonly string[]) {
    super(
      'ROOKERY_BLOB_TYPE',
      415,
      `Blob "${blob}" is of type ${JSON.stringify(was.slice(0, 100))}, but must be ${allowed.join(' or ')}.`,
    );
  }
}

/** 416: a range outside the blob. */
export class BlobRangeError extends BlobError {
  constructor(
    blob: string,
    readonly size: number,
  ) {
    super('ROOKERY_BLOB_RANGE', 416, `The range lies outside blob "${blob}", which has ${size} bytes.`);
  }
}

/** 400: fewer or other bytes arrived than were announced. Nothing was stored. */
export class BlobIncompleteError extends BlobError {
  constructor(blob: string, why: string) {
    super('ROOKERY_BLOB_INCOMPLETE', 400, `Blob "${blob}" did not arrive as announced: ${why}. Nothing was stored.`);
  }
}

/** 403: a signed URL that was tampered with, has expired, or is for another method. */
export class BlobUrlError extends BlobError {
  constructor(why: string) {
    super('ROOKERY_BLOB_URL', 403, `This link ${why}. Ask for a new one.`);
  }
}

/** 500: what the store gave back is not what was put. */
export class BlobCorruptedError extends BlobError {
  constructor(
    readonly container: string,
    readonly blob: string,
    why: string,
    cause?: unknown,
  ) {
    super(
      'ROOKERY_BLOB_CORRUPTED',
      500,
      `Blob "${blob}" in container "${container}" is damaged: ${why}. Restore it from a copy.`,
      { cause },
    );
  }
}

/** 501: the driver cannot do this. */
export class BlobUnsupportedError extends BlobError {
  constructor(what: string, cure: string) {
    super('ROOKERY_BLOB_UNSUPPORTED', 501, `${what} is not possible: ${cure}.`);
  }
}

/** 503: the store failed. */
export class BlobStoreError extends BlobError {
  constructor(action: string, container: string, blob: string, driver: string, cause: unknown) {
    super(
      'ROOKERY_BLOB_STORE',
      503,
      `Cannot ${action} blob "${blob}" in container "${container}" (driver ${driver}): ${reason(cause)}`,
      { cause },
    );
  }
}

/** 503: the store cannot be opened at boot. */
export class BlobStoreUnavailableError extends BlobError {
  constructor({ kind, address }: { kind: string; address: string }, cause: unknown) {
    super(
      'ROOKERY_BLOB_STORE_UNAVAILABLE',
      503,
      `Cannot use the store of blobs at ${address} (driver ${kind}): ${reason(cause)}. Check that it is there and running, and that it lets this app in.`,
      { cause },
    );
  }
}

/** The boot found no place for blobs. */
export class NoBlobDriverError extends BlobError {
  constructor(container: string) {
    super(
      'ROOKERY_BLOB_NO_DRIVER',
      500,
      `Container "${container}" has no driver, and the app has no TypeORM DataSource to keep blobs in. Give BlobModule.forRoot({ driver }) one of: databaseBlobs({ dataSource }) from @rookery/blob/database, s3Blobs({ bucket }) from @rookery/blob/s3, fileSystemBlobs({ directory }) from @rookery/blob/fs, memoryBlobs() from @rookery/blob (one process, gone at its end).`,
    );
  }
}
