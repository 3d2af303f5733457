import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { s3Blobs } from '@rookery/blob/s3';
import { interleaved, type BenchRow } from '../bench.js';
import { content, drained, hashed, megabytesPerSecond, openStore } from './places.js';

const SIZE = 64;
/** More than elsewhere: the server takes its time unevenly. */
const WRITES = 13;
const READS = 31;

/** S3: ours beside lib-storage and GetObject alone, with the same parts. */
export async function s3Rows(endpoint: string): Promise<BenchRow[]> {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = process.env;
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  const bucket = `rookery-${randomBytes(6).toString('hex')}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  await using blobs = await openStore(s3Blobs({ bucket, client }));
  const { store } = blobs;
  const upload = (source: AsyncIterable<Buffer>) => {
    const params = { Bucket: bucket, Key: 'by-hand', Body: Readable.from(source, { objectMode: false }) };
    return new Upload({ client, params, partSize: 8 * 1024 * 1024, queueSize: 4 }).done();
  };
  const download = async () => {
    // The object that ours has put: how fast a server gives one out depends on where it happens to lie.
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'default/a' }));
    const hash = createHash('sha256');
    for await (const chunk of Body as AsyncIterable<Buffer>) hash.update(chunk);
    return hash.digest('hex');
  };
  const write = await interleaved(
    {
      ours: () => megabytesPerSecond(SIZE, () => store.put('a', content(SIZE), { overwrite: true })),
      '@aws-sdk/lib-storage': () => megabytesPerSecond(SIZE, () => upload(content(SIZE))),
      'with sha256': () => megabytesPerSecond(SIZE, () => upload(hashed(content(SIZE)))),
    },
    WRITES,
  );
  const read = await interleaved(
    {
      ours: () => megabytesPerSecond(SIZE, async () => drained((await store.get('a')).stream as AsyncIterable<Buffer>)),
      '@aws-sdk/client-s3': () => megabytesPerSecond(SIZE, download),
    },
    READS,
  );
  client.destroy();
  return [
    {
      id: 's3-write',
      what: `put ${SIZE} MiB`,
      unit: 'MB/s',
      better: 'higher',
      ours: write.ours.median,
      spread: write.ours.spread,
      rivals: {
        '@aws-sdk/lib-storage': write['@aws-sdk/lib-storage'].median,
        'with sha256': write['with sha256'].median,
      },
      must: 'ours >= 0.9 * @aws-sdk/lib-storage',
    },
    {
      id: 's3-read',
      what: `get ${SIZE} MiB`,
      unit: 'MB/s',
      better: 'higher',
      ours: read.ours.median,
      spread: read.ours.spread,
      rivals: { '@aws-sdk/client-s3': read['@aws-sdk/client-s3'].median },
      must: 'ours >= 0.9 * @aws-sdk/client-s3',
    },
  ];
}
