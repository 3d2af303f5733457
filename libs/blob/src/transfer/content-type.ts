import { BlobNameError, BlobTypeError } from '../blob.errors.js';

const DEFAULT = 'application/octet-stream';
const TOKEN = "[a-z0-9!#$&^_.+'*`|~-]+";
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:\\s*;[\\x20-\\x7e]*)?$`, 'i');

/** @throws BlobNameError when it is no content type, BlobTypeError when the container does not take it */
export function checkContentType(blob: string, given: string = DEFAULT, allowed?: readonly string[]): string {
  const contentType = given.trim();
  if (contentType.length > 255 || !MEDIA_TYPE.test(contentType))
    throw new BlobNameError(`The content type ${JSON.stringify(given.slice(0, 80))}`, 'is not like "type/subtype"');
  const bare = bareType(contentType);
  const fits = (pattern: string) =>
    pattern.endsWith('/*') ? bare.startsWith(pattern.slice(0, -1).toLowerCase()) : bare === pattern.toLowerCase();
  if (allowed && !allowed.some(fits)) throw new BlobTypeError(blob, contentType, allowed);
  return contentType;
}

/** Without its parameters, in lower case. */
export function bareType(contentType: string): string {
  return contentType.split(';')[0].trim().toLowerCase();
}
