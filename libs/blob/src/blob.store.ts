import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ClosedError } from '@rookery/core';
import type {
  BlobCallOptions,
  CopyOptions,
  DeleteOptions,
  GetBufferOptions,
  GetOptions,
  ListOptions,
  PutOptions,
  UploadUrlOptions,
  UrlOptions,
} from './blob.calls.js';
import { BlobContainers, type OpenContainer } from './blob.containers.js';
import type { PresignedUpload } from './blob.driver.js';
import { BlobNotFoundError, BlobTooLargeError, NoBlobDriverError } from './blob.errors.js';
import type { BlobInfo, BlobPage } from './blob-info.js';
import { definitionOf } from './decorators/blob-container.decorator.js';
import { BlobLinks } from './http/blob-links.js';
import { copyBlob, moveBlob, rewriteBlob, streamBlob } from './operations/copy-blob.js';
import { getBlob, type BlobContent } from './operations/get-blob.js';
import { isServedByStore, uploadUrlOf, urlOf } from './operations/link-blob.js';
import { deleteBlob, listBlobs, statBlob } from './operations/look-up.js';
import { putBlob } from './operations/put-blob.js';
import { bytesOf } from './transfer/bytes-of.js';
import type { BlobSource } from './transfer/chunks.js';

const MAX_BUFFER_BYTES = 64 * 1024 * 1024;

/**
 * A container of blobs. Inject it as it is for the container `default`, or extend it for one of your own.
 *
 * All methods throw BlobNameError for a name that blobs may not have and BlobStoreError when the store fails.
 *
 * @example
 * @BlobContainer('invoices') export class Invoices extends BlobStore {}
 *
 * const info = await invoices.put('2026/42.pdf', stream, { contentType: 'application/pdf' });
 * const { stream } = await invoices.get('2026/42.pdf', { range: { start: 0, end: 1023 } });
 */
@Injectable()
export class BlobStore implements OnModuleInit {
  @Inject(BlobContainers) private readonly containers: BlobContainers;
  @Inject(BlobLinks) private readonly links: BlobLinks;
  private opened: OpenContainer | undefined;
  private noDriver: NoBlobDriverError | undefined;

  /** A store over a container that is open already. @internal */
  static of(container: OpenContainer, links: BlobLinks): BlobStore {
    return Object.assign(new BlobStore(), { opened: container, links });
  }

  async onModuleInit(): Promise<void> {
    try {
      this.opened = await this.containers.get(definitionOf(this.constructor));
    } catch (error) {
      // The default container comes with the module; an app that never uses it need not have a place for it.
      if (this.constructor !== BlobStore || !(error instanceof NoBlobDriverError)) throw error;
      this.noDriver = error;
    }
  }

  /** The container's name. */
  get containerName(): string {
    return this.container.name;
  }

  /**
   * Stores a blob in one step: until it is whole nobody sees it, and then nobody sees the old one. The stream is always
   * ended or destroyed.
   *
   * @throws BlobExistsError when the name is taken and neither `overwrite` nor `ifMatch` was given
   * @throws BlobChangedError when it is not the version of `ifMatch`
   * @throws BlobTooLargeError, BlobTypeError when the container does not take it
   * @throws BlobIncompleteError when `sizeBytes` or `sha256` do not fit
   */
  async put(name: string, source: BlobSource, options: PutOptions = {}): Promise<BlobInfo> {
    return putBlob(this.container, name, source, options);
  }

  /**
   * Opens a blob. The stream stays this version to its end, whatever is put meanwhile, and fails with
   * BlobCorruptedError before the end of a damaged one. Read it to its end, or destroy it.
   *
   * @throws BlobNotFoundError
   * @throws BlobRangeError when the range lies outside
   * @throws BlobChangedError, BlobNotModifiedError for `ifMatch` and `ifNoneMatch`
   */
  async get(name: string, options: GetOptions = {}): Promise<BlobContent> {
    return (await getBlob(this.container, name, options)) ?? this.missing(name);
  }

  /** Like `get`, but `null` when there is no such blob. */
  async getOrNull(name: string, options: GetOptions = {}): Promise<BlobContent | null> {
    return getBlob(this.container, name, options);
  }

  /**
   * A blob, or a part of one, as a whole in memory.
   *
   * @throws BlobTooLargeError over `maxBytes`; else as `get`
   */
  async getBuffer(name: string, { maxBytes = MAX_BUFFER_BYTES, ...options }: GetBufferOptions = {}): Promise<Buffer> {
    const { stream } = await this.get(name, options);
    return bytesOf(stream, maxBytes, () => new BlobTooLargeError(name, maxBytes));
  }

  /** What is known about a blob; `null` when there is none. */
  async stat(name: string, options: BlobCallOptions = {}): Promise<BlobInfo | null> {
    return statBlob(this.container, name, options);
  }

  /** Whether there is a blob of that name. */
  async exists(name: string, options: BlobCallOptions = {}): Promise<boolean> {
    return (await statBlob(this.container, name, options)) !== null;
  }

  /** Deletes a blob. False when there was none, or not the version of `ifMatch`. */
  async delete(name: string, options: DeleteOptions = {}): Promise<boolean> {
    return deleteBlob(this.container, name, options);
  }

  /** One page of the container's blobs, in the order of their names' UTF-8 bytes. */
  async list(options: ListOptions = {}): Promise<BlobPage> {
    return listBlobs(this.container, options);
  }

  /** All blobs of the container, page by page. */
  async *listAll(options: Omit<ListOptions, 'cursor'> = {}): AsyncGenerator<BlobPage['entries'][number]> {
    for (let cursor: string | undefined; ;) {
      const page = await this.list({ ...options, cursor });
      yield* page.entries;
      if ((cursor = page.cursor) === undefined) return;
    }
  }

  /**
   * Copies a blob; within the store, where it can. To another container with `to`.
   *
   * @throws BlobNotFoundError, BlobExistsError
   * @example await drafts.copy('42.pdf', '2026/42.pdf', { to: invoices })
   */
  async copy(from: string, name: string, { to, ...options }: CopyOptions & { to?: BlobStore } = {}): Promise<BlobInfo> {
    if (to && to !== this) return streamBlob(this.container, from, to.container, name, options);
    return copyBlob(this.container, from, name, options);
  }

  /**
   * Gives a blob another name: copies it, then deletes it under the old one. A crash in between leaves both.
   *
   * @throws BlobNotFoundError, BlobExistsError
   * @throws BlobChangedError when the old name was overwritten meanwhile; then both are there
   */
  async move(from: string, name: string, options: CopyOptions = {}): Promise<BlobInfo> {
    return moveBlob(this.container, from, name, options);
  }

  /**
   * Writes a blob anew as the container is set up now: into the new store under `migrate()`, with the current key of
   * `encryption()`. What somebody else puts meanwhile is not overwritten.
   *
   * @throws BlobNotFoundError, BlobChangedError
   * @example for await (const { name } of invoices.listAll()) await invoices.rewrite(name);
   */
  async rewrite(name: string, options: BlobCallOptions = {}): Promise<BlobInfo> {
    return rewriteBlob(this.container, name, options);
  }

  /**
   * A link to read the blob, for whoever has it, until it expires: of the store where it can serve it (S3), else of the
   * app itself (BlobController). Another version has another link.
   *
   * @throws BlobNotFoundError
   * @throws InvalidInputError when the app must serve it and BlobModule has no `urls.secret`
   */
  async url(name: string, options: UrlOptions = {}): Promise<string> {
    return urlOf(this.container, this.links, name, options);
  }

  /**
   * What a browser must send to put a blob of that name, which must be free.
   *
   * @throws BlobTypeError, BlobTooLargeError when the container does not take it; as `url`
   */
  async uploadUrl(name: string, options: UploadUrlOptions = {}): Promise<PresignedUpload> {
    return uploadUrlOf(this.container, this.links, name, options);
  }

  /** Whether `url` leads to the store itself, so that the bytes do not pass through the app. */
  async isServedByStore(name: string): Promise<boolean> {
    return isServedByStore(this.container, name);
  }

  private get container(): OpenContainer {
    if (!this.opened) throw this.noDriver ?? new ClosedError(this.constructor.name);
    return this.opened;
  }

  private missing(name: string): never {
    throw new BlobNotFoundError(this.containerName, name);
  }
}
