import type { BlobDriverSource } from '../../blob.driver.js';
import { FileSystemBlobDriver } from './fs-blob.driver.js';

/** Options of `fileSystemBlobs()`. */
export interface FileSystemBlobsOptions {
  /** Everything is kept below it; made when it is not there. */
  directory: string;
  /**
   * Whether all replicas see the same directory (NFS, a shared volume). Without it the doctor warns as soon as a second
   * replica runs. @default false
   */
  shared?: boolean;
}

/**
 * Blobs as files of one directory: for a single instance, or a mount that all replicas share.
 *
 * @example BlobModule.forRoot({ driver: fileSystemBlobs({ directory: './blobs' }) })
 */
export function fileSystemBlobs({ directory, shared = false }: FileSystemBlobsOptions): BlobDriverSource {
  return { kind: 'fs', create: async () => new FileSystemBlobDriver(directory, shared) };
}
