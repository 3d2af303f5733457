import { randomBytes } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platforms, startPictures, type Pictures } from './blob.pictures.js';

const kinds = Object.keys(platforms) as (keyof typeof platforms)[];

describe.each(kinds)('signed links to blobs by %s', (platform) => {
  let app: INestApplication;
  let url: string;
  let pictures: Pictures;
  const data = randomBytes(1_200_000);

  beforeAll(async () => {
    ({ app, url, pictures } = await startPictures(platform));
    for (const { name } of (await pictures.list()).entries) await pictures.delete(name);
    await pictures.put('cat.png', data, { contentType: 'image/png' });
  });
  afterAll(() => app.close());

  it('lead to the blob until they expire', async () => {
    const link = await pictures.url('cat.png', { disposition: 'inline', filename: 'Katze ü.png' });
    const response = await fetch(url + link);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-disposition')).toContain("filename*=UTF-8''Katze%20%C3%BC.png");
    expect(response.headers.get('cache-control')).toMatch(/^private, max-age=(299|300), immutable$/);
    expect(Buffer.from(await response.arrayBuffer()).equals(data)).toBe(true);
    const short = await pictures.url('cat.png', { expiresInMs: 1 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await fetch(url + short)).status).toBe(403);
    await expect(pictures.url('dog.png')).rejects.toMatchObject({ status: 404 });
  });

  it('are refused when changed by one character, or used for something else', async () => {
    const link = await pictures.url('cat.png');
    const token = link.split('/')[2];
    const at = (index: number) => token.slice(0, index) + (token[index] === 'A' ? 'B' : 'A') + token.slice(index + 1);
    for (const index of [0, 10, token.indexOf('.') - 2, token.indexOf('.') + 1, token.length - 5])
      expect((await fetch(`${url}/blobs/${at(index)}/cat.png`)).status).toBe(403);
    expect((await fetch(`${url}/blobs/${token}`, { method: 'PUT', body: 'x' })).status).toBe(403);
    expect((await fetch(`${url}/blobs/nonsense/cat.png`)).status).toBe(403);
  });

  it('change when the content does', async () => {
    await pictures.put('changing.png', 'one', { contentType: 'image/png' });
    const first = new URL(await pictures.url('changing.png'), url).pathname;
    const claims = (link: string) => JSON.parse(Buffer.from(link.split('/')[2].split('.')[0], 'base64url').toString());
    await pictures.put('changing.png', 'two', { contentType: 'image/png', overwrite: true });
    const second = new URL(await pictures.url('changing.png'), url).pathname;
    expect(claims(second).etag).not.toBe(claims(first).etag);
    const outdated = await fetch(url + first);
    expect([await outdated.text(), outdated.headers.get('cache-control')]).toEqual(['two', 'private, no-cache']);
  });

  it('take an upload of what was announced, once', async () => {
    const {
      url: link,
      method,
      headers,
    } = await pictures.uploadUrl('direct.png', { contentType: 'image/png', sizeBytes: 5 });
    const put = (body: string, more: Record<string, string> = {}) =>
      fetch(url + link, { method, headers: { ...headers, ...more }, body });
    expect((await put('123456')).status).toBe(400);
    expect((await put('12345', { 'content-type': 'text/html' })).status).toBe(415);
    expect((await put('12345')).status).toBe(201);
    expect((await pictures.getBuffer('direct.png')).toString()).toBe('12345');
    expect((await put('54321')).status).toBe(409);
    await expect(pictures.uploadUrl('x', { contentType: 'a/b' })).rejects.toMatchObject({ status: 415 });
    await expect(pictures.uploadUrl('x', { contentType: 'image/png', sizeBytes: 3_000_001 })).rejects.toMatchObject({
      status: 413,
    });
  });
});
