import { InvalidInputError } from '@rookery/core';
import type { BlobCallOptions, DeleteOptions, ListOptions } from '../blob.calls.js';
import { checkBlobName, checkPrefix } from '../blob-name.js';
import type { OpenContainer } from '../blob.containers.js';
import type { BlobInfo, BlobPage } from '../blob-info.js';
import { addressOf, checkManager, infoOf } from './address.js';
import { asked } from './faults.js';
import { storedOf } from './stored-of.js';

export async function statBlob(
  container: OpenContainer,
  name: string,
  options: BlobCallOptions,
): Promise<BlobInfo | null> {
  const at = addressOf(container, name);
  checkManager(container, options.manager);
  const subject = { container, name: at.name, action: 'stat' };
  const stored = await storedOf(subject, at, options);
  return stored && infoOf(stored);
}

export async function deleteBlob(container: OpenContainer, name: string, options: DeleteOptions): Promise<boolean> {
  const at = addressOf(container, name);
  checkManager(container, options.manager);
  const { ifMatch: etag, signal, manager } = options;
  const subject = { container, name: at.name, action: 'delete' };
  return asked(subject, container.driver.delete(at, { etag, signal, manager }), signal);
}

export async function listBlobs(container: OpenContainer, options: ListOptions): Promise<BlobPage> {
  const { limit = 100, cursor, signal } = options;
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000)
    throw new InvalidInputError('limit of list()', limit, 'a whole number from 1 to 1000');
  const prefix = checkPrefix(options.prefix ?? '');
  const after = cursor === undefined ? undefined : checkBlobName(cursor);
  const subject = { container, name: `${prefix}*`, action: 'list' };
  // One more than asked for tells whether there is a next page.
  const found = container.driver.list(container.scope(), { prefix, after, limit: limit + 1 });
  const entries = await asked(subject, found, signal);
  if (entries.length <= limit) return { entries };
  const page = entries.slice(0, limit);
  return { entries: page, cursor: page.at(-1)!.name };
}
