import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { s3Blobs } from '@rookery/blob/s3';
import { describe } from 'vitest';
import { blobDriverContract } from '@rookery/blob/testing';

const { S3_ENDPOINT, AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;

// The one suite that needs a server which not every machine can have.
describe.skipIf(!S3_ENDPOINT)('S3 (was not tested where this is skipped: S3_ENDPOINT names no server)', () => {
  blobDriverContract('S3', async () => {
    const client = new S3Client({
      endpoint: S3_ENDPOINT,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
    });
    const bucket = `rookery-${randomBytes(6).toString('hex')}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return { driver: s3Blobs({ bucket, client }), close: async () => client.destroy() };
  });
});
