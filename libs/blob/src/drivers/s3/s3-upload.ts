import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { Readable } from 'node:stream';
import type { BlobWrite } from '../../blob.driver.js';
import { bare, digestHeaders, headersOf, type Digest } from './s3-object.js';
import { isUnmet } from './s3-errors.js';

/** Where an object goes, and how large its parts are. */
export interface UploadTarget {
  client: S3Client;
  bucket: string;
  key: string;
  partBytes: number;
  partsInFlight: number;
}

/** Uploads a body of unknown length; one request when it fits into one part. The ETag, or null when `onlyIf` fails. */
export async function uploadObject(target: UploadTarget, body: AsyncIterable<Buffer>, write: BlobWrite) {
  const { client, bucket, key } = target;
  const giveUp = new AbortController();
  const abort = () => giveUp.abort(write.signal.reason);
  write.signal.addEventListener('abort', abort, { once: true });
  const metadata = headersOf(write.metadata, write.encoding);
  const source = Readable.from(withDigest(body, metadata, write.digest), { objectMode: false });
  const upload = new Upload({
    client,
    partSize: target.partBytes,
    queueSize: target.partsInFlight,
    abortController: giveUp,
    params: {
      Bucket: bucket,
      Key: key,
      Body: source,
      ContentType: write.contentType,
      Metadata: metadata,
      ...(write.onlyIf === 'absent' ? { IfNoneMatch: '*' } : {}),
      // Without the quotes: S3 takes both, Ceph on writes only this.
      ...(typeof write.onlyIf === 'object' ? { IfMatch: write.onlyIf.etag } : {}),
    },
  });
  try {
    const { ETag } = await upload.done();
    return bare(ETag);
  } catch (error) {
    if (isUnmet(error)) return null;
    throw error;
  } finally {
    source.destroy();
    write.signal.removeEventListener('abort', abort);
  }
}

/** When all fits into one part, its request is built after the body has ended: then the digest still makes the headers. */
async function* withDigest(body: AsyncIterable<Buffer>, metadata: Record<string, string>, digest: () => Digest) {
  yield* body;
  Object.assign(metadata, digestHeaders(digest()));
}
