export type {
  BlobCallOptions,
  CopyOptions,
  DeleteOptions,
  GetBufferOptions,
  GetOptions,
  ListOptions,
  PutOptions,
} from './blob.calls.js';
export { BlobContainers, type OpenContainer } from './blob.containers.js';
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
export { memoryBlobs } from './drivers/memory/index.js';
export type { BlobContent } from './operations/get-blob.js';
export { compression, type CompressionOptions } from './pipeline/compression.js';
export { encryption, type EncryptionOptions } from './pipeline/encryption.js';
export type { BlobPipeline, BlobStage, PiecePosition, PieceTransform } from './pipeline/stage.js';
export type { BlobSource } from './transfer/chunks.js';
