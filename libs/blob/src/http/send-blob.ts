import { BlobRangeError } from '../blob.errors.js';
import type { BlobStore } from '../blob.store.js';
import { answerWith, type SendBlobOptions } from './blob-answer.js';
import { replyOf, type HttpResponse } from './reply.js';

/**
 * Answers the request behind `res` with a blob: `ETag`, `Last-Modified`, `304`, `412`, `Range`/`206`, `416`, HEAD, a safe
 * `Content-Disposition`. A client that goes away ends the reading. For Express, Fastify and plain Node.
 *
 * @throws BlobNotFoundError and other errors with a `status` while nothing has been sent yet
 * @example
 * @Get(':id/pdf')
 * async pdf(@Param('id') id: string, @Res() res: Response) {
 *   await sendBlob(res, this.invoices, `${id}.pdf`, { disposition: 'inline' });
 * }
 */
export async function sendBlob(
  res: HttpResponse,
  store: BlobStore,
  name: string,
  options: SendBlobOptions = {},
): Promise<void> {
  await replyOf(res).end(await answerHead(res, store, name, options));
}

/** Answers all but the body, which it returns. */
export async function answerHead(res: HttpResponse, store: BlobStore, name: string, options: SendBlobOptions) {
  const reply = replyOf(res);
  try {
    const { status, headers, body } = await answerWith(reply.request, store, name, options);
    reply.head(status, headers);
    return body;
  } catch (error) {
    if (error instanceof BlobRangeError) reply.head(undefined, { 'content-range': `bytes */${error.size}` });
    throw error;
  }
}
