import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { PresignedUpload, PresignRequest } from '../../blob.driver.js';

interface Target {
  client: S3Client;
  bucket: string;
  key: string;
}

/** A URL to read one object. The version is part of it, so that caches never mix two. */
export async function presignedGet({ client, bucket, key }: Target, request: PresignRequest): Promise<string> {
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: key,
    ResponseContentType: request.contentType,
    ResponseContentDisposition: request.disposition,
  });
  command.middlewareStack.add(
    (next) => (args) => {
      const { query } = args.request as { query: Record<string, string> };
      // S3 ignores parameters that begin so, but they are signed like all others.
      query['x-rookery-version'] = request.etag;
      return next(args);
    },
    { step: 'build', name: 'rookeryVersion' },
  );
  return getSignedUrl(client, command, { expiresIn: Math.ceil(request.expiresInMs / 1000) });
}

/** A URL to write one object that is not there yet, of this type and size. */
export async function presignedPut(
  { client, bucket, key }: Target,
  request: { expiresInMs: number; contentType: string; sizeBytes?: number },
): Promise<PresignedUpload> {
  const { contentType, sizeBytes } = request;
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    ContentType: contentType,
    ContentLength: sizeBytes,
    IfNoneMatch: '*',
  });
  const url = await getSignedUrl(client, command, {
    expiresIn: Math.ceil(request.expiresInMs / 1000),
    signableHeaders: new Set(['content-type', 'content-length', 'if-none-match', 'host']),
    unhoistableHeaders: new Set(['if-none-match']),
  });
  return { url, method: 'PUT', headers: { 'content-type': contentType, 'if-none-match': '*' } };
}
