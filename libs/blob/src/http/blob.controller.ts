import { Controller, Get, Param, Put, Res } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { BlobTypeError } from '../blob.errors.js';
import { BlobStore } from '../blob.store.js';
import { BlobLinks } from './blob-links.js';
import { replyOf, type HttpResponse } from './reply.js';
import { sendBlob } from './send-blob.js';
import type { LinkClaims } from './signed-links.js';

/**
 * Serves the links that `url()` and `uploadUrl()` make where the store cannot serve by itself. List it in the controllers
 * of a module; it answers below `/blobs` (`urls.baseUrl`). Whoever has a link may use it until it expires, so guards of
 * the app should let it through.
 *
 * @example @Module({ controllers: [BlobController] }) export class AppModule {}
 */
@Controller('blobs')
export class BlobController {
  constructor(private readonly links: BlobLinks) {}

  /** Answers a link that `url()` made. */
  @Get(':token/:filename')
  async download(@Param('token') token: string, @Res() res: HttpResponse): Promise<void> {
    const { store, claims } = await this.open(token, 'GET');
    const { name, etag, disposition, filename, expiresAt } = claims;
    const leftSeconds = Math.max(0, Math.floor((expiresAt - Date.now()) / 1000));
    // The link names a version. While it is that one, nobody needs to ask again.
    const isThatVersion = (await store.stat(name))?.etag === etag;
    const cacheControl = isThatVersion ? `private, max-age=${leftSeconds}, immutable` : 'private, no-cache';
    await sendBlob(res, store, name, { disposition, filename, cacheControl });
  }

  /** Takes what is sent to a link that `uploadUrl()` made. */
  @Put(':token')
  async upload(@Param('token') token: string, @Res() res: HttpResponse): Promise<void> {
    const reply = replyOf(res);
    const { store, claims } = await this.open(token, 'PUT');
    const { name, contentType = '', sizeBytes } = claims;
    const sent = reply.request.headers['content-type'] ?? '';
    if (sent !== contentType) throw new BlobTypeError(name, sent, [contentType]);
    const announced = { contentType, sizeBytes: sizeBytes ?? lengthOf(reply.request) };
    const info = await store.put(name, reply.request, announced);
    reply.head(201, { etag: `"${info.etag}"` });
    await reply.end();
  }

  private async open(token: string, method: LinkClaims['method']) {
    const { container, claims } = await this.links.open(token, method);
    return { store: BlobStore.of(container, this.links), claims };
  }
}

/** A body that a parser of the app has taken before us is noticed by its missing bytes. */
function lengthOf({ headers }: IncomingMessage): number | undefined {
  const length = Number(headers['content-length']);
  return Number.isSafeInteger(length) ? length : undefined;
}
