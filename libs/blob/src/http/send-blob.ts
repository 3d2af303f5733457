import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { BlobRangeError } from '../blob.errors.js';
import type { BlobStore } from '../blob.store.js';
import { answerWith, type SendBlobOptions } from './blob-answer.js';

/**
 * Answers the request behind `res` with a blob: `ETag`, `Last-Modified`, `304`, `412`, `Range`/`206`, `416`, HEAD, a safe
 * `Content-Disposition`. A client that goes away ends the reading. For Express and plain Node; for Fastify hand over
 * `reply.raw`.
 *
 * @throws BlobNotFoundError and other errors with a `status` while nothing has been sent yet
 * @example
 * @Get(':id/pdf')
 * async pdf(@Param('id') id: string, @Res() res: Response) {
 *   await sendBlob(res, this.invoices, `${id}.pdf`, { disposition: 'inline' });
 * }
 */
export async function sendBlob(
  res: ServerResponse,
  store: BlobStore,
  name: string,
  options: SendBlobOptions = {},
): Promise<void> {
  const answer = await answerWith(res.req, store, name, options).catch((error: unknown) => {
    if (error instanceof BlobRangeError) res.setHeader('content-range', `bytes */${error.size}`);
    throw error;
  });
  res.statusCode = answer.status;
  for (const [header, value] of Object.entries(answer.headers)) res.setHeader(header, value!);
  if (!answer.body) return void res.end();
  try {
    await pipeline(answer.body, res);
  } catch (error) {
    // That a client leaves is no fault of ours; pipeline has let go of the blob.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
