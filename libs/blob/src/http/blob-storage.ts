import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Type } from '@nestjs/common';
import type { BlobInfo } from '../blob-info.js';
import { BlobStore } from '../blob.store.js';
import { storeBehind } from './store-locator.js';

/** A file of an upload, before it is stored. */
export interface IncomingFile {
  fieldname: string;
  /** As the client called it: shown to people, never to be trusted as a path. */
  originalname: string;
  /** As the client says. */
  mimetype: string;
}

/** A file of an upload that has become a blob: what `@UploadedFile()` gives. */
export interface UploadedBlob extends IncomingFile {
  size: number;
  blob: BlobInfo;
}

/** Options of `blobStorage()`. */
export interface BlobStorageOptions<Request = IncomingMessage> {
  /** The blob's name. @default a random UUID */
  name?: (request: Request, file: IncomingFile) => string | Promise<string>;
  /** Kept with the blob. @default none */
  metadata?: (request: Request, file: IncomingFile) => Record<string, string>;
  /** @default false */
  overwrite?: boolean;
}

type Stored = Partial<UploadedBlob>;
type Done = (error?: unknown, stored?: Stored) => void;

/** The part of multer's interface that we serve. */
export interface BlobStorageEngine {
  /** Takes one file of an upload. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as in multer, whose requests are of the app's own type
  _handleFile(request: any, file: IncomingFile & { stream: Readable }, done: Done): void;
  /** Takes it back when another part of the upload failed. */
  // oxlint-disable-next-line typescript/no-explicit-any -- see above
  _removeFile(request: any, file: IncomingFile & { blob?: BlobInfo }, done: (error: Error | null) => void): void;
}

/**
 * A storage engine for multer: uploads stream straight into the container, without a temporary file. The container's
 * `maxBytes` and `contentTypes` are enforced while they stream; of an upload that breaks off nothing is left.
 *
 * @param container its class, or the injected container itself
 * @example
 * @Post()
 * @UseInterceptors(FileInterceptor('file', { storage: blobStorage(Invoices) }))
 * upload(@UploadedFile() { blob }: UploadedBlob) { return blob.name; }
 */
export function blobStorage<Request = IncomingMessage>(
  container: Type<BlobStore> | BlobStore,
  options: BlobStorageOptions<Request> = {},
): BlobStorageEngine {
  const storeOf = (request: object) => (container instanceof BlobStore ? container : storeBehind(request, container));

  async function store(request: Request & object, file: IncomingFile & { stream: Readable }): Promise<Stored> {
    // Asked for while the name is made: a source that fails meanwhile must not end the process.
    file.stream.on('error', () => undefined);
    // Left alive when the put gives up: multer would report the destroyed stream instead of the reason.
    const body = file.stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    const blob = await storeOf(request).put((await options.name?.(request, file)) ?? randomUUID(), body, {
      contentType: file.mimetype,
      metadata: options.metadata?.(request, file),
      overwrite: options.overwrite,
    });
    return { blob, size: blob.size };
  }

  return {
    _handleFile: (request, file, done) => {
      store(request, file).then(
        (stored) => done(null, stored),
        (error: unknown) => done(error),
      );
    },
    // Called for the files of a request that fails later on: they were stored whole, but nobody will know of them.
    _removeFile: (request, { blob }, done) => {
      if (!blob) return done(null);
      storeOf(request)
        .delete(blob.name, { ifMatch: blob.etag })
        .then(() => done(null), done);
    },
  };
}
