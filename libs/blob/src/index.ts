export type {
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
export { BlobContainers, type OpenContainer } from './blob.containers.js';
export { DamagedBlobError } from './blob.driver.js';
export type {
  BlobAddress,
  BlobDriver,
  BlobDriverHost,
  BlobDriverSource,
  BlobListing,
  BlobRead,
  BlobWrite,
  PresignedUpload,
  PresignRequest,
  StoredBlob,
  WriteCondition,
} from './blob.driver.js';
export {
  BlobChangedError,
  BlobCorruptedError,
  BlobError,
  BlobExistsError,
  BlobIncompleteError,
  BlobNameError,
  BlobNotFoundError,
  BlobNotModifiedError,
  BlobRangeError,
  BlobStoreError,
  BlobStoreUnavailableError,
  BlobTooLargeError,
  BlobTypeError,
  BlobUnsupportedError,
  BlobUrlError,
  NoBlobDriverError,
} from './blob.errors.js';
export type { BlobEntry, BlobInfo, BlobPage, BlobRange, ByteRange } from './blob-info.js';
export { BlobModule } from './blob.module.js';
export type { BlobContainerOptions, BlobModuleOptions, BlobUrlOptions } from './blob.options.js';
export { BlobStore } from './blob.store.js';
export { BlobSweeper } from './blob.sweeper.js';
export { BlobContainer, type ContainerDefinition } from './decorators/blob-container.decorator.js';
export { migrate } from './drivers/migrate/index.js';
export { mirror } from './drivers/mirror/index.js';
export { memoryBlobs } from './drivers/memory/index.js';
export type { SendBlobOptions } from './http/blob-answer.js';
export { BlobLinks } from './http/blob-links.js';
export { BlobResponse, BlobResponseInterceptor } from './http/blob-response.js';
export {
  blobStorage,
  type BlobStorageEngine,
  type BlobStorageOptions,
  type IncomingFile,
  type UploadedBlob,
} from './http/blob-storage.js';
export { BlobController } from './http/blob.controller.js';
export type { DispositionOptions } from './http/content-headers.js';
export type { FastifyReplyLike, HttpResponse } from './http/reply.js';
export { sendBlob } from './http/send-blob.js';
export type { BlobContent } from './operations/get-blob.js';
export { compression, type CompressionOptions } from './pipeline/compression.js';
export { encryption, type EncryptionOptions } from './pipeline/encryption.js';
export type { BlobPipeline, BlobStage, PiecePosition, PieceTransform } from './pipeline/stage.js';
export type { BlobSource } from './transfer/chunks.js';
