import type { BlobDriverSource } from '../../blob.driver.js';
import { MemoryBlobDriver } from './memory-blob.driver.js';

/**
 * Blobs in the memory of this process: for tests, and gone at its end. Two apps that are handed the same source share
 * their blobs, as they would share a store.
 *
 * @example BlobModule.forRoot({ driver: memoryBlobs() })
 */
export function memoryBlobs(): BlobDriverSource {
  const containers: ConstructorParameters<typeof MemoryBlobDriver>[0] = new Map();
  return { kind: 'memory', create: async () => new MemoryBlobDriver(containers) };
}
