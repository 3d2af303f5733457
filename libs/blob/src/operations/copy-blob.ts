import type { BlobCallOptions, CopyOptions } from '../blob.calls.js';
import type { OpenContainer } from '../blob.containers.js';
import { BlobChangedError, BlobExistsError, BlobNotFoundError } from '../blob.errors.js';
import type { BlobInfo } from '../blob-info.js';
import { addressOf, checkManager, infoOf } from './address.js';
import { asked } from './faults.js';
import { getBlob } from './get-blob.js';
import { putBlob } from './put-blob.js';

/** Copies within the store where it can, else through this process, as a stream. */
export async function copyBlob(
  container: OpenContainer,
  from: string,
  to: string,
  options: CopyOptions,
): Promise<BlobInfo> {
  const [source, target] = [addressOf(container, from), addressOf(container, to)];
  const { driver } = container;
  const { manager, overwrite, signal } = options;
  checkManager(container, manager);
  const subject = { container, name: source.name, action: 'copy' };
  if (driver.copy && source.name !== target.name) {
    const call = { onlyIf: overwrite ? 'any' : 'absent', manager } as const;
    const copied = await asked(subject, driver.copy(source, target, call), signal);
    if (copied) return infoOf(copied);
    if (copied === null && (await asked(subject, driver.stat(source, { manager }), signal)))
      throw new BlobExistsError(container.name, target.name);
  }
  return streamBlob(container, from, container, to, options);
}

/** Copies as a stream; also from one container to another. */
export async function streamBlob(
  container: OpenContainer,
  from: string,
  target: OpenContainer,
  to: string,
  options: CopyOptions,
): Promise<BlobInfo> {
  const content = await getBlob(container, from, options);
  if (!content) throw new BlobNotFoundError(container.name, from);
  const { contentType, metadata, size: sizeBytes, sha256 } = content.info;
  return putBlob(target, to, content.stream, { ...options, contentType, metadata, sizeBytes, sha256 });
}

/** Writes a blob over itself, unless it has changed meanwhile. */
export async function rewriteBlob(container: OpenContainer, name: string, options: BlobCallOptions): Promise<BlobInfo> {
  const content = await getBlob(container, name, options);
  if (!content) throw new BlobNotFoundError(container.name, name);
  const { contentType, metadata, size: sizeBytes, sha256, etag: ifMatch } = content.info;
  return putBlob(container, name, content.stream, { ...options, contentType, metadata, sizeBytes, sha256, ifMatch });
}

/** Copies, then deletes what was copied. A crash in between leaves both. */
export async function moveBlob(
  container: OpenContainer,
  from: string,
  to: string,
  options: CopyOptions,
): Promise<BlobInfo> {
  const source = addressOf(container, from);
  const { manager, signal } = options;
  const subject = { container, name: source.name, action: 'move' };
  const before = await asked(subject, container.driver.stat(source, { manager }), signal);
  if (!before) throw new BlobNotFoundError(container.name, source.name);
  const moved = await copyBlob(container, from, to, options);
  if (source.name === moved.name) return moved;
  const deleted = await asked(subject, container.driver.delete(source, { etag: before.etag, manager }), signal);
  if (!deleted) throw new BlobChangedError(container.name, source.name, before.etag);
  return moved;
}
