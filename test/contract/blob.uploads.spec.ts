import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startPictures, type Pictures } from './blob.pictures.js';

describe('blobs from browsers', () => {
  let app: INestApplication;
  let url: string;
  let pictures: Pictures;

  beforeAll(async () => {
    ({ app, url, pictures } = await startPictures('express'));
  });
  afterAll(() => app.close());

  const form = (...files: [field: string, name: string, type: string, content: Buffer][]) => {
    const body = new FormData();
    for (const [field, name, type, content] of files)
      body.append(field, new Blob([new Uint8Array(content)], { type }), name);
    return { method: 'POST', body };
  };
  const names = async () => (await pictures.list({ limit: 1_000 })).entries.map(({ name }) => name);

  describe('uploads', () => {
    it('stream into the container', async () => {
      const content = randomBytes(2_500_000);
      const response = await fetch(`${url}/one`, form(['file', 'a.png', 'image/png', content]));
      expect(response.status).toBe(201);
      expect(await response.json()).toMatchObject({ name: 'up/a.png', size: content.length, original: 'a.png' });
      expect((await pictures.getBuffer('up/a.png')).equals(content)).toBe(true);
      const many = await fetch(
        `${url}/many`,
        form(['files', 'a', 'text/plain', Buffer.from('a')], ['files', 'b', 'text/plain', Buffer.from('b')]),
      );
      const [first, second] = (await many.json()) as string[];
      expect((await pictures.getBuffer(first)).toString() + (await pictures.getBuffer(second)).toString()).toBe('ab');
    });

    it('are refused when too large, of another type, of a taken or a bad name; nothing is left', async () => {
      const before = await names();
      const status = async (name: string, type: string, bytes: number) =>
        (await fetch(`${url}/one`, form(['file', name, type, randomBytes(bytes)]))).status;
      expect(await status('big.png', 'image/png', 3_000_001)).toBe(413);
      expect(await status('b.pdf', 'application/pdf', 10)).toBe(415);
      expect(await status('a.png', 'image/png', 10)).toBe(409);
      expect(await status('x..', 'image/png', 10)).toBe(400);
      const partly = form(['files', 'ok', 'text/plain', Buffer.from('x')], ['files', 'no', 'a/b', Buffer.from('x')]);
      expect((await fetch(`${url}/many`, partly)).status).toBe(415);
      await vi.waitFor(async () => expect(await names()).toEqual(before), { timeout: 10_000 });
    });

    it('that break off leave nothing', async () => {
      const before = await names();
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.write(
        'POST /one HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 2000000\r\n\r\n' +
          '--b\r\ncontent-disposition: form-data; name="file"; filename="cut.png"\r\ncontent-type: image/png\r\n\r\n',
      );
      socket.write(randomBytes(500_000));
      await new Promise((resolve) => setTimeout(resolve, 200));
      socket.destroy();
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await names()).toEqual(before);
    });
  });
});
