import type { IncomingHttpHeaders } from 'node:http';
import type { BlobInfo } from '../blob-info.js';
import { lastModified } from './content-headers.js';

/** What RFC 9110 (13.2.2) says about a request's conditions: serve it, `304` or `412`. */
export function precondition(headers: IncomingHttpHeaders, info: BlobInfo): 200 | 304 | 412 {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  if (ifMatch !== undefined) {
    if (!names(ifMatch, info.etag, false)) return 412;
  } else if (isDate(headers['if-unmodified-since'], (since) => lastModified(info) > since)) return 412;
  if (ifNoneMatch !== undefined) return names(ifNoneMatch, info.etag, true) ? 304 : 200;
  return isDate(headers['if-modified-since'], (since) => lastModified(info) <= since) ? 304 : 200;
}

/** Whether a `Range` header counts: `If-Range` may ask for the whole blob when it is another version. */
export function rangeCounts(headers: IncomingHttpHeaders, info: BlobInfo): boolean {
  const ifRange = headers['if-range'];
  if (typeof ifRange !== 'string') return true;
  if (ifRange.includes('"')) return names(ifRange, info.etag, false);
  return isDate(ifRange, (since) => lastModified(info) === since);
}

/** A weak tag stands for "about the same", which is enough to skip a download but not to change or continue one. */
function names(list: string, etag: string, weakly: boolean): boolean {
  return list
    .split(',')
    .map((tag) => tag.trim())
    .some((tag) => tag === '*' || tag === `"${etag}"` || (weakly && tag === `W/"${etag}"`));
}

function isDate(header: string | undefined, holds: (time: number) => boolean): boolean {
  const time = Date.parse(header ?? '');
  return !Number.isNaN(time) && holds(time);
}
