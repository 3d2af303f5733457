import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { compression, memoryBlobs, sendBlob, type BlobDriverHost } from '@rookery/blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from './blob.app.js';
import { chaos, platforms, startPictures, type Pictures } from './blob.pictures.js';

const kinds = Object.keys(platforms) as (keyof typeof platforms)[];

describe.each(kinds)('downloads of blobs by %s', (platform) => {
  let app: INestApplication;
  let url: string;
  let pictures: Pictures;
  const data = randomBytes(1_200_000);

  beforeAll(async () => {
    ({ app, url, pictures } = await startPictures(platform));
    await pictures.put('cat.png', data, { contentType: 'image/png', overwrite: true });
    await pictures.put('page.html', '<script>alert(1)</script>', {
      contentType: 'text/html',
      overwrite: true,
    });
  });
  afterAll(() => app.close());

  describe.each(['send', 'return'])('%s', (how) => {
    const get = (name: string, headers: Record<string, string> = {}, method = 'GET') =>
      fetch(`${url}/${how}/${name}`, { headers, method });

    it('serves a whole blob with what browsers and caches need', async () => {
      const response = await get('cat.png');
      expect(response.status).toBe(200);
      expect(Buffer.from(await response.arrayBuffer()).equals(data)).toBe(true);
      const { etag, createdAt } = (await pictures.stat('cat.png'))!;
      expect(Object.fromEntries(response.headers)).toMatchObject({
        etag: `"${etag}"`,
        'last-modified': new Date(Math.floor(createdAt.getTime() / 1000) * 1000).toUTCString(),
        'content-type': 'image/png',
        'content-length': String(data.length),
        'content-disposition': 'inline; filename=cat.png',
        'accept-ranges': 'bytes',
        'cache-control': 'private, no-cache',
        'x-content-type-options': 'nosniff',
      });
    });

    it('answers HEAD without a body', async () => {
      const response = await get('cat.png', {}, 'HEAD');
      expect(response.status).toBe(200);
      expect(response.headers.get('content-length')).toBe(String(data.length));
    });

    it('answers 304 and 412 to conditions', async () => {
      const etag = `"${(await pictures.stat('cat.png'))!.etag}"`;
      const later = new Date(Date.now() + 60_000).toUTCString();
      const earlier = new Date(Date.now() - 3_600_000).toUTCString();
      const status = async (headers: Record<string, string>) => (await get('cat.png', headers)).status;
      expect(await status({ 'if-none-match': etag })).toBe(304);
      expect(await status({ 'if-none-match': `"other", W/${etag}` })).toBe(304);
      expect(await status({ 'if-none-match': '"other"' })).toBe(200);
      expect(await status({ 'if-modified-since': later })).toBe(304);
      expect(await status({ 'if-modified-since': earlier })).toBe(200);
      expect(await status({ 'if-none-match': '"other"', 'if-modified-since': later })).toBe(200);
      expect(await status({ 'if-match': '"other"' })).toBe(412);
      expect(await status({ 'if-match': etag })).toBe(200);
      expect(await status({ 'if-unmodified-since': earlier })).toBe(412);
      expect((await get('cat.png', { 'if-none-match': etag })).headers.get('etag')).toBe(etag);
    });

    it('serves parts', async () => {
      const part = await get('cat.png', { range: 'bytes=1000-1999' });
      expect(part.status).toBe(206);
      expect(part.headers.get('content-range')).toBe(`bytes 1000-1999/${data.length}`);
      expect(Buffer.from(await part.arrayBuffer()).equals(data.subarray(1000, 2000))).toBe(true);
      const last = await get('cat.png', { range: 'bytes=-5' });
      expect(Buffer.from(await last.arrayBuffer()).equals(data.subarray(-5))).toBe(true);
      const several = await get('cat.png', { range: 'bytes=0-1,5-6' });
      expect([several.status, several.headers.get('content-length')]).toEqual([200, String(data.length)]);
      await several.arrayBuffer();
      const outside = await get('cat.png', { range: `bytes=${data.length}-` });
      expect([outside.status, outside.headers.get('content-range')]).toEqual([416, `bytes */${data.length}`]);
      const changed = await get('cat.png', { range: 'bytes=0-1', 'if-range': '"other"' });
      expect(changed.status).toBe(200);
      await changed.arrayBuffer();
    });

    it('answers 404 and 400', async () => {
      expect((await get('dog.png')).status).toBe(404);
      expect((await get('..%2f..%2fetc%2fpasswd')).status).toBe(400);
    });

    it('never lets a page run as one of ours', async () => {
      const response = await get('page.html');
      expect(response.headers.get('content-disposition')).toBe('attachment; filename=page.html');
    });

    it('breaks off, rather than end, what is damaged', async () => {
      chaos.corruptReads();
      const answer = await get('cat.png')
        .then(async (response) => `${response.status} ${await response.text()}`)
        .catch(() => 'broken off');
      chaos.heal();
      // Fastify waits for the first bytes before it says 200.
      expect(answer).toMatch(platform === 'fastify' ? /^500 (?!.*damaged)/ : /^broken off$/);
    });

    it('answers 503 without a word about the inside when the store fails', async () => {
      chaos.fail('stat');
      const response = await get('cat.png');
      chaos.heal();
      expect(response.status).toBe(503);
      expect(await response.text()).not.toContain('chaos');
    });
  });
});

it('a store that can serve by itself is where browsers are sent, unless only the app can decode', async () => {
  const from = memoryBlobs();
  const create = async (host: BlobDriverHost) =>
    Object.assign(await from.create(host), { presign: async () => 'https://store.example/a' });
  for (const [pipeline, status] of [[[], 302] as const, [[compression()], 200] as const]) {
    await using blobs = await openStore({ driver: { kind: 'cdn', create }, defaults: { pipeline } });
    await blobs.store.put('a', 'x', { overwrite: true });
    const server = createServer((_, res) => void sendBlob(res, blobs.store, 'a', { redirect: true }));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}`, { redirect: 'manual' });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('location')).toBe(status === 302 ? 'https://store.example/a' : null);
    expect(answer.headers.get('cache-control')).toBe(status === 302 ? 'no-store' : 'private, no-cache');
    await answer.arrayBuffer();
    server.close();
  }
});
