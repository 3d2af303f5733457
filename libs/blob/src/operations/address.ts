import { InvalidInputError, type TransactionManager } from '@rookery/core';
import { checkBlobName } from '../blob-name.js';
import type { OpenContainer } from '../blob.containers.js';
import type { BlobAddress, StoredBlob } from '../blob.driver.js';
import type { BlobInfo } from '../blob-info.js';
import { BlobUnsupportedError } from '../blob.errors.js';

/** Where the driver finds a blob. @throws BlobNameError */
export function addressOf(container: OpenContainer, name: string): BlobAddress {
  return { container: container.scope(), name: checkBlobName(name) };
}

/** @throws BlobUnsupportedError, InvalidInputError */
export function checkManager({ name, driver }: OpenContainer, manager: TransactionManager | undefined): void {
  if (!manager) return;
  if (!driver.transactional)
    throw new BlobUnsupportedError(
      `A transaction around blobs of container "${name}"`,
      `its driver ${driver.kind} is no database; write it before the transaction and delete it when that fails, or use databaseBlobs()`,
    );
  if (!manager.queryRunner?.isTransactionActive)
    throw new InvalidInputError(
      'The manager',
      'outside a transaction',
      'the one that dataSource.transaction() hands to its callback',
    );
}

/** What users learn of what is stored. */
export function infoOf({ name, size, sha256, contentType, metadata, createdAt, etag }: StoredBlob): BlobInfo {
  return { name, size, sha256, contentType, metadata, createdAt, etag };
}
