import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { sleep } from '@rookery/core';
import { Readable } from 'node:stream';
import type { BlobRead } from '../../blob.driver.js';
import type { ByteRange } from '../../blob-info.js';
import { isMissing, isUnmet } from './s3-errors.js';

/** Times in a row that a connection may break without one byte in between. */
const MAX_BREAKS = 5;

/** What of it. */
type Part = Omit<BlobRead, 'range'> & { range?: ByteRange };

/** Which object to read. */
export interface DownloadSource {
  client: S3Client;
  bucket: string;
  key: string;
}

/** Asks for an object, or a part of it. Null when it, or that version of it, is not there. */
export async function getObject({ client, bucket, key }: DownloadSource, { range, etag, signal }: Part) {
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: key,
    Range: range && `bytes=${range.start}-${range.end}`,
    IfMatch: etag && `"${etag}"`,
  });
  return client.send(command, { abortSignal: signal }).catch((error: unknown) => {
    if (isMissing(error) || isUnmet(error)) return null;
    throw error;
  });
}

/** The object's bytes. A connection that breaks is replaced, and the rest of the same version read over the new one. */
export function resumed(source: DownloadSource, first: GetObjectCommandOutput, whole: ByteRange, signal?: AbortSignal) {
  const body = Readable.from(resumedChunks(source, first, whole, signal), { objectMode: false });
  // A generator that was never started does not clean up after itself.
  return body.once('close', () => (first.Body as Readable).destroy());
}

async function* resumedChunks(
  source: DownloadSource,
  first: GetObjectCommandOutput,
  whole: ByteRange,
  signal?: AbortSignal,
) {
  let answer: GetObjectCommandOutput | null = first;
  let next = whole.start;
  for (let breaks = 0; ; breaks++) {
    try {
      answer ??= await getObject(source, {
        range: { start: next, end: whole.end },
        etag: first.ETag?.replaceAll('"', ''),
        signal,
      });
      if (!answer) throw new Error('the object was replaced while it was read, and the connection had broken');
      for await (const chunk of answer.Body as Readable) {
        next += (chunk as Buffer).length;
        breaks = 0;
        yield chunk as Buffer;
      }
      if (next > whole.end) return;
    } catch (error) {
      if (signal?.aborted || breaks >= MAX_BREAKS || answer === null) throw error;
    }
    answer = null;
    await sleep(100 * 2 ** breaks, signal);
  }
}
