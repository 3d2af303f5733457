import { checkMs, InvalidInputError } from '@rookery/core';
import type { UploadUrlOptions, UrlOptions } from '../blob.calls.js';
import type { OpenContainer } from '../blob.containers.js';
import type { PresignedUpload } from '../blob.driver.js';
import { BlobNotFoundError, BlobTooLargeError } from '../blob.errors.js';
import type { BlobLinks } from '../http/blob-links.js';
import { dispositionOf } from '../http/content-headers.js';
import { checkContentType } from '../transfer/content-type.js';
import { addressOf } from './address.js';
import { asked } from './faults.js';
import { storedOf } from './stored-of.js';

const WEEK_MS = 7 * 24 * 3_600_000;

/** Whether browsers can get a blob from the store itself: not what the pipeline has made of it. */
export async function isServedByStore(container: OpenContainer, name: string): Promise<boolean> {
  const subject = { container, name, action: 'stat' };
  if (!container.driver.presign) return false;
  const stored = await storedOf(subject, addressOf(container, name), {});
  return stored !== null && stored.encoding === undefined;
}

/** A link to read a blob: of the store, where it can serve it, else of the app. */
export async function urlOf(container: OpenContainer, links: BlobLinks, name: string, options: UrlOptions) {
  const { disposition, filename } = options;
  const expiresInMs = checkedExpiry(options.expiresInMs ?? 300_000);
  const at = addressOf(container, name);
  const subject = { container, name: at.name, action: 'link to' };
  const stored = await storedOf(subject, at, options);
  if (!stored) throw new BlobNotFoundError(container.name, at.name);
  const { etag, contentType, encoding } = stored;
  if (container.driver.presign && encoding === undefined) {
    const request = { expiresInMs, etag, contentType, disposition: dispositionOf(stored, options) };
    return asked(subject, container.driver.presign(at, request), options.signal);
  }
  const where = { container: container.name, scope: at.container, name: at.name };
  return links.make({ method: 'GET', ...where, expiresAt: Date.now() + expiresInMs, etag, disposition, filename });
}

/** A link to put a blob without passing through the app, where the store can; else through BlobController. */
export async function uploadUrlOf(
  container: OpenContainer,
  links: BlobLinks,
  name: string,
  options: UploadUrlOptions,
): Promise<PresignedUpload> {
  const at = addressOf(container, name);
  const { maxBytes, contentTypes, pipeline } = container.options;
  const { sizeBytes } = options;
  const expiresInMs = checkedExpiry(options.expiresInMs ?? 300_000);
  const contentType = checkContentType(at.name, options.contentType, contentTypes);
  if (sizeBytes !== undefined && sizeBytes > (maxBytes ?? Infinity)) throw new BlobTooLargeError(at.name, maxBytes!);
  // What the pipeline must see has to pass through the app.
  if (container.driver.presignUpload && !pipeline?.length) {
    if (maxBytes !== undefined && sizeBytes === undefined)
      throw new InvalidInputError(
        'sizeBytes of uploadUrl()',
        undefined,
        'given: the container has a maxBytes, which the store can enforce only so',
      );
    const subject = { container, name: at.name, action: 'link to' };
    return asked(subject, container.driver.presignUpload(at, { expiresInMs, contentType, sizeBytes }));
  }
  const where = { container: container.name, scope: at.container, name: at.name };
  const url = links.make({ method: 'PUT', ...where, expiresAt: Date.now() + expiresInMs, contentType, sizeBytes });
  return { url, method: 'PUT', headers: { 'content-type': contentType } };
}

function checkedExpiry(expiresInMs: number): number {
  checkMs('expiresInMs of a link', expiresInMs, 1);
  if (expiresInMs <= WEEK_MS) return expiresInMs;
  throw new InvalidInputError('expiresInMs of a link', expiresInMs, `at most ${WEEK_MS} (7 days)`);
}
