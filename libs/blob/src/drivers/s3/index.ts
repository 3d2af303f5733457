import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { InvalidInputError } from '@rookery/core';
import type { BlobDriverSource } from '../../blob.driver.js';
import { S3BlobDriver } from './s3-blob.driver.js';

/** Options of `s3Blobs()`. */
export interface S3BlobsOptions {
  bucket: string;
  /** Put before every key, e.g. `shop/`. @default '' */
  prefix?: string;
  /** Settings of the AWS SDK's client: region, endpoint, credentials, forcePathStyle … */
  client?: S3ClientConfig | S3Client;
  /** Size of the parts of large uploads; at least 5 MiB. @default 8388608 */
  partBytes?: number;
  /** Parts sent at the same time, per upload. @default 4 */
  partsInFlight?: number;
}

const MIN_PART_BYTES = 5 * 1024 * 1024;

/**
 * Blobs in S3, or in any service that speaks its protocol. Objects lie under `<prefix><container>/<name>`.
 *
 * @throws InvalidInputError when the options cannot work
 * @example
 * s3Blobs({ bucket: 'shop', client: { region: 'eu-south-1' } })
 * s3Blobs({ bucket: 'shop', client: { endpoint: 'http://minio:9000', forcePathStyle: true, region: 'us-east-1' } })
 */
export function s3Blobs(options: S3BlobsOptions): BlobDriverSource {
  const { bucket, prefix = '', partBytes = 8 * 1024 * 1024, partsInFlight = 4 } = options;
  if (!bucket) throw new InvalidInputError('The bucket of s3Blobs()', bucket, 'the name of a bucket');
  if (partBytes < MIN_PART_BYTES)
    throw new InvalidInputError('partBytes of s3Blobs()', partBytes, `at least ${MIN_PART_BYTES}`);
  return {
    kind: 's3',
    create: async () => {
      const given = options.client;
      const client = given instanceof S3Client ? given : new S3Client({ ...TIMEOUTS, ...given });
      return new S3BlobDriver({ client, bucket, prefix, partBytes, partsInFlight, ownsClient: client !== given });
    },
  };
}

/** Milliseconds; the SDK by itself waits for ever. A socket's timeout counts only while nothing moves on it. */
const TIMEOUTS: S3ClientConfig = {
  requestHandler: { connectionTimeout: 2_000, socketTimeout: 30_000 },
};
