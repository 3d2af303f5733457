import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Cluster } from '@rookery/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startExample } from './example.js';

const { S3_ENDPOINT, AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;

describe.skipIf(!S3_ENDPOINT)('uploads-s3 (was not tested where this is skipped: S3_ENDPOINT names no server)', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    const bucket = `rookery-${randomBytes(6).toString('hex')}`;
    const client = new S3Client({ endpoint: S3_ENDPOINT, region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
    const env = { S3_ENDPOINT: S3_ENDPOINT!, S3_BUCKET: bucket, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
    cluster = await startExample('uploads-s3', { env, readyPath: '/pictures' });
  }, 180_000);
  afterAll(() => cluster?.stop());

  it('gives out on one replica what was uploaded to the other', async () => {
    const data = randomBytes(300_000);
    const form = new FormData();
    form.set('file', new Blob([data], { type: 'image/png' }), 'cat.png');
    const [here, there] = cluster.replicas.map(({ url }) => `${url}/pictures/cat`);
    expect((await fetch(here, { method: 'POST', body: form })).status).toBe(201);
    const response = await fetch(there);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await response.arrayBuffer()).equals(data)).toBe(true);
  });
});
