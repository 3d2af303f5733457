import { randomBytes } from 'node:crypto';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { s3Blobs } from '@rookery/blob/s3';
import { startProxy } from '@rookery/testing';
import { describe, expect, it, vi } from 'vitest';
import { openStore } from '../contract/blob.app.js';
import { s3Client, s3Endpoint } from './fixtures/blob.places.js';
import { scenario } from './report.js';

describe.skipIf(!s3Endpoint)('S3 that misbehaves (was not tested where this is skipped: no S3_ENDPOINT)', () => {
  it('and cuts connections is read to the end all the same', async () => {
    const must = 'the same version is read to its end; a put succeeds or changes nothing';
    const row = scenario({
      id: 'blob-s3-cut',
      backend: 's3',
      fault: 'connections cut in mid-read and mid-write',
      must,
    });
    const link = await startProxy(Number(new URL(s3Endpoint!).port));
    const client = s3Client(link.throughUrl(s3Endpoint!));
    const bucket = `rookery-${randomBytes(6).toString('hex')}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    {
      await using blobs = await openStore({ driver: s3Blobs({ bucket, client }), sweepEveryMs: 0 });
      const data = randomBytes(40_000_000);
      await blobs.store.put('a', data);
      const { stream } = await blobs.store.get('a');
      const chunks: Buffer[] = [];
      let [bytes, cuts] = [0, 0];
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes < (cuts + 1) * 8_000_000) continue;
        row.operations = ++cuts;
        link.cut();
        link.heal();
      }
      expect(cuts).toBeGreaterThan(2);
      expect(Buffer.concat(chunks).equals(data)).toBe(true);

      const next = randomBytes(40_000_000);
      const source = async function* () {
        for (let sent = 0; sent < next.length; sent += 1_000_000) {
          yield next.subarray(sent, sent + 1_000_000);
          if (sent % 10_000_000 !== 9_000_000) continue;
          row.operations++;
          link.cut();
          link.heal();
        }
      };
      const put = await blobs.store.put('a', source(), { overwrite: true }).catch((error: unknown) => error);
      const now = await blobs.store.getBuffer('a');
      if (put instanceof Error) expect(put).toMatchObject({ code: 'ROOKERY_BLOB_STORE', status: 503 });
      expect(now.equals(put instanceof Error ? data : next)).toBe(true);
    }
    client.destroy();
    await link.stop();
  }, 120_000);

  it('and answers 503 now and then is asked again, and always, is told as such', async () => {
    const must = 'puts and gets succeed; while all is refused, a clear error and nothing changed';
    const row = scenario({
      id: 'blob-s3-503',
      backend: 's3',
      fault: 'every fourth request is refused, then all',
      must,
    });
    const target = new URL(s3Endpoint!);
    let [requests, refused, down] = [0, 0, false];
    const proxy = createServer((req: IncomingMessage, res: ServerResponse) => {
      if (++requests % 4 === 0 || down) {
        refused++;
        req.resume();
        return void res
          .writeHead(503, { 'content-type': 'application/xml' })
          .end('<Error><Code>SlowDown</Code></Error>');
      }
      const { method, url: path, headers } = req;
      const onward = request({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
        res.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(res);
      });
      onward.on('error', () => res.destroy());
      req.pipe(onward);
    }).listen(0, '127.0.0.1');
    await vi.waitFor(() => expect(proxy.listening).toBe(true));
    const client = s3Client(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    const bucket = `rookery-${randomBytes(6).toString('hex')}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    {
      await using blobs = await openStore({ driver: s3Blobs({ bucket, client }), sweepEveryMs: 0 });
      const data = randomBytes(30_000_000);
      for (const name of ['a', 'b', 'c']) {
        await blobs.store.put(name, data);
        expect((await blobs.store.getBuffer(name)).equals(data)).toBe(true);
        row.operations += 2;
      }
      expect(refused).toBeGreaterThan(3);
      down = true;
      const failed = { code: 'ROOKERY_BLOB_STORE', status: 503 };
      await expect(blobs.store.put('a', randomBytes(20_000_000), { overwrite: true })).rejects.toMatchObject(failed);
      await expect(blobs.store.getBuffer('a')).rejects.toMatchObject(failed);
      await expect(blobs.store.list()).rejects.toMatchObject(failed);
      down = false;
      expect((await blobs.store.getBuffer('a')).equals(data)).toBe(true);
      row.operations += 4;
    }
    client.destroy();
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  }, 120_000);
});
