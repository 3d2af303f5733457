import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import parseRange from 'range-parser';
import { BlobChangedError, BlobNotFoundError, BlobRangeError } from '../blob.errors.js';
import type { BlobInfo, ByteRange } from '../blob-info.js';
import type { BlobStore } from '../blob.store.js';
import { dispositionOf, lastModified, type DispositionOptions } from './content-headers.js';
import { precondition, rangeCounts } from './preconditions.js';

/** How a blob is served. */
export interface SendBlobOptions extends DispositionOptions {
  /** @default 'private, no-cache' (kept, but asked about every time) */
  cacheControl?: string;
  /**
   * Sends the browser to the store itself, where it can serve it (S3 without a pipeline); elsewhere the app serves it.
   * @default false
   */
  redirect?: boolean;
}

/** What to answer. */
export interface BlobAnswer {
  status: 200 | 206 | 302 | 304 | 412;
  headers: OutgoingHttpHeaders;
  body?: Readable;
}

const ATTEMPTS = 3;

/**
 * Works out the answer to a GET or HEAD of a blob.
 *
 * @throws BlobNotFoundError (404), BlobRangeError (416)
 */
export async function answerWith(
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  store: BlobStore,
  name: string,
  options: SendBlobOptions,
): Promise<BlobAnswer> {
  for (let attempt = 1; ; attempt++) {
    const info = await store.stat(name);
    if (!info) throw new BlobNotFoundError(store.containerName, name);
    if (options.redirect && (await store.isServedByStore(name)))
      return { status: 302, headers: { location: await store.url(name, options), 'cache-control': 'no-store' } };
    const status = precondition(headers, info);
    const common = commonHeaders(info, options);
    if (status !== 200) return { status, headers: common };
    const range = method === 'GET' && rangeCounts(headers, info) ? rangeOf(headers.range, info) : undefined;
    const answer = described(info, range, common, options);
    // An empty body rather than none, for which Fastify would say that the length is 0.
    if (method === 'HEAD') return { ...answer, body: Readable.from([]) };
    try {
      const { stream } = await store.get(name, { range, ifMatch: info.etag });
      return { ...answer, body: stream };
    } catch (error) {
      // Replaced between the two looks: begin anew.
      if (!(error instanceof BlobChangedError) || attempt === ATTEMPTS) throw error;
    }
  }
}

function commonHeaders(info: BlobInfo, { cacheControl = 'private, no-cache' }: SendBlobOptions): OutgoingHttpHeaders {
  return {
    etag: `"${info.etag}"`,
    'last-modified': new Date(lastModified(info)).toUTCString(),
    'cache-control': cacheControl,
    'accept-ranges': 'bytes',
  };
}

function described(
  info: BlobInfo,
  range: ByteRange | undefined,
  common: OutgoingHttpHeaders,
  options: SendBlobOptions,
): BlobAnswer {
  const headers: OutgoingHttpHeaders = {
    ...common,
    'content-type': info.contentType,
    'content-disposition': dispositionOf(info, options),
    // What we say it is, browsers must not take for something else.
    'x-content-type-options': 'nosniff',
    'content-length': range ? range.end - range.start + 1 : info.size,
  };
  if (!range) return { status: 200, headers };
  return { status: 206, headers: { ...headers, 'content-range': `bytes ${range.start}-${range.end}/${info.size}` } };
}

/** One range is served; several, or what is no range, are answered with the whole blob, as the RFC allows. */
function rangeOf(header: string | undefined, { name, size }: BlobInfo): ByteRange | undefined {
  if (header === undefined) return undefined;
  const ranges = parseRange(size, header);
  if (ranges === -1) throw new BlobRangeError(name, size);
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return undefined;
  const [{ start, end }] = ranges;
  return { start, end };
}
