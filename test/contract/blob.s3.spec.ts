import { randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { compression } from '@rookery/blob';
import { s3Blobs } from '@rookery/blob/s3';
import { blobDriverContract } from '@rookery/blob/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from './blob.app.js';

const { S3_ENDPOINT, AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;

function s3Client(secretAccessKey = AWS_SECRET_ACCESS_KEY): S3Client {
  return new S3Client({
    endpoint: S3_ENDPOINT,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey },
  });
}

async function freshBucket(client: S3Client): Promise<string> {
  const bucket = `rookery-${randomBytes(6).toString('hex')}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
}

// The one suite that needs a server which not every machine can have.
describe.skipIf(!S3_ENDPOINT)('S3 (was not tested where this is skipped: S3_ENDPOINT names no server)', () => {
  blobDriverContract('S3', async () => {
    const client = s3Client();
    return { driver: s3Blobs({ bucket: await freshBucket(client), client }), close: async () => client.destroy() };
  });

  describe('what only S3 can do', () => {
    let client: S3Client;
    let bucket: string;
    beforeAll(async () => {
      client = s3Client();
      bucket = await freshBucket(client);
    });
    afterAll(() => client.destroy());

    it('links straight to the store, to this version, for a while', async () => {
      await using blobs = await openStore({ driver: s3Blobs({ bucket, client, prefix: 'links/' }) });
      const data = randomBytes(1_000_000);
      await blobs.store.put('cat.png', data, { contentType: 'image/png' });
      const link = await blobs.store.url('cat.png', { disposition: 'inline' });
      expect(new URL(link).host).toBe(new URL(S3_ENDPOINT!).host);
      const response = await fetch(link);
      expect(response.status).toBe(200);
      expect(Buffer.from(await response.arrayBuffer()).equals(data)).toBe(true);
      expect(response.headers.get('content-type')).toBe('image/png');
      expect(response.headers.get('content-disposition')).toBe('inline; filename=cat.png');
      const version = (url: string) => new URL(url).searchParams.get('x-rookery-version');
      await blobs.store.put('cat.png', 'another', { contentType: 'image/png', overwrite: true });
      expect(version(await blobs.store.url('cat.png'))).not.toBe(version(link));
      expect((await fetch(link.replace('cat.png', 'dog.png'))).status).toBe(403);
      const short = await blobs.store.url('cat.png', { expiresInMs: 1_000 });
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      expect((await fetch(short)).status).toBe(403);
    });

    it('lets a browser upload by itself what was agreed', async () => {
      const containers = { default: { maxBytes: 1_000, contentTypes: ['text/plain'] } };
      await using blobs = await openStore({ driver: s3Blobs({ bucket, client, prefix: 'direct/' }), containers });
      const { url, method, headers } = await blobs.store.uploadUrl('a.txt', {
        contentType: 'text/plain',
        sizeBytes: 5,
      });
      const put = (body: string, more: Record<string, string> = {}) =>
        fetch(url, { method, headers: { ...headers, ...more }, body });
      expect((await put('123456')).status).toBe(403);
      expect((await put('12345', { 'content-type': 'text/html' })).status).toBe(403);
      expect((await put('12345')).status).toBe(200);
      expect((await blobs.store.getBuffer('a.txt')).toString()).toBe('12345');
      expect(await blobs.store.stat('a.txt')).toMatchObject({ size: 5, contentType: 'text/plain', sha256: undefined });
      expect((await put('54321')).status).toBe(412);
      await expect(blobs.store.uploadUrl('b', { contentType: 'text/plain' })).rejects.toThrow(/sizeBytes/);
    });

    it('does not link to what only the app can decode', async () => {
      const urls = { secret: 's'.repeat(32) };
      const driver = s3Blobs({ bucket, client, prefix: 'coded/' });
      await using blobs = await openStore({ driver, defaults: { pipeline: [compression()] }, urls });
      await blobs.store.put('a', 'x');
      expect(await blobs.store.isServedByStore('a')).toBe(false);
      expect(await blobs.store.url('a')).toMatch(/^\/blobs\//);
    });

    it('serves what others have put into the bucket', async () => {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: 'others/default/theirs.txt',
          Body: 'hello',
          Metadata: { odd: '100%' },
        }),
      );
      await using blobs = await openStore({ driver: s3Blobs({ bucket, client, prefix: 'others/' }) });
      expect((await blobs.store.getBuffer('theirs.txt')).toString()).toBe('hello');
      expect(await blobs.store.stat('theirs.txt')).toMatchObject({ size: 5, metadata: { odd: '100%' } });
    });

    it('ends uploads that nobody will finish, once for all replicas', async () => {
      await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'swept/default/dead' }));
      const uploads = async () => {
        const { Uploads = [] } = await client.send(
          new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: 'swept/' }),
        );
        return Uploads.length;
      };
      const driver = () => s3Blobs({ bucket, client, prefix: 'swept/' });
      await using one = await openStore({ driver: driver(), graceMs: 3_600_000, sweepEveryMs: 0 });
      await one.sweep();
      expect(await uploads()).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const replica = () => openStore({ driver: driver(), graceMs: 0, sweepEveryMs: 500 });
      await using two = await replica();
      await using three = await replica();
      const removed = await Promise.all([two.sweep(), three.sweep()]);
      expect(removed.toSorted()).toEqual([0, 1]);
      expect(await uploads()).toBe(0);
    });

    it('stops the boot on wrong keys and on a bucket that is not there, without a secret in the message', async () => {
      const wrong = s3Client('not the secret');
      const boot = openStore({ driver: s3Blobs({ bucket, client: wrong }) });
      await expect(boot).rejects.toMatchObject({ status: 503, message: expect.not.stringContaining('not the secret') });
      wrong.destroy();
      const missing = openStore({ driver: s3Blobs({ bucket: 'rookery-is-not-there', client }) });
      await expect(missing).rejects.toThrow(/rookery-is-not-there/);
    });
  });
});
