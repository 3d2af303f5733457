import type { BlobDriverSource } from '@rookery/blob';

/**
 * Where pictures and invoices are kept: in the bucket of `BLOBS_S3_URL` (`http://s3:9000/subscriptions`), which is made
 * unless it is there; without that variable in the app's database.
 */
export async function blobDriver(): Promise<BlobDriverSource | undefined> {
  const url = process.env.BLOBS_S3_URL;
  if (!url) return undefined;
  const { origin: endpoint, pathname } = new URL(url);
  const bucket = pathname.slice(1);
  // Loaded only where they are used: the SDK is large.
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const { s3Blobs } = await import('@rookery/blob/s3');
  const client = { endpoint, region: process.env.AWS_REGION ?? 'us-east-1', forcePathStyle: true };
  const s3 = new S3Client(client);
  // Every replica tries at its start.
  await s3.send(new CreateBucketCommand({ Bucket: bucket })).catch((error: Error) => {
    if (error.name !== 'BucketAlreadyOwnedByYou') throw error;
  });
  s3.destroy();
  return s3Blobs({ bucket, client });
}
