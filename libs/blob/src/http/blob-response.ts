import {
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mergeMap, type Observable } from 'rxjs';
import { BlobRangeError } from '../blob.errors.js';
import type { BlobStore } from '../blob.store.js';
import { answerWith, type SendBlobOptions } from './blob-answer.js';

/**
 * What a handler returns to answer with a blob, under {@link BlobResponseInterceptor}.
 *
 * @example
 * @UseInterceptors(BlobResponseInterceptor)
 * @Get(':id/pdf')
 * pdf(@Param('id') id: string) {
 *   return new BlobResponse(this.invoices, `${id}.pdf`);
 * }
 */
export class BlobResponse {
  constructor(
    readonly store: BlobStore,
    readonly name: string,
    readonly options: SendBlobOptions = {},
  ) {}
}

/** Turns a returned {@link BlobResponse} into what `sendBlob` would send. For Express. */
@Injectable()
export class BlobResponseInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const [req, res] = [http.getRequest<IncomingMessage>(), http.getResponse<ServerResponse>()];
    return next
      .handle()
      .pipe(mergeMap(async (value: unknown) => (value instanceof BlobResponse ? answer(req, res, value) : value)));
  }
}

async function answer(req: IncomingMessage, res: ServerResponse, { store, name, options }: BlobResponse) {
  try {
    const { status, headers, body } = await answerWith(req, store, name, options);
    res.statusCode = status;
    for (const [header, value] of Object.entries(headers)) res.setHeader(header, value!);
    // Nest by itself would answer with the error's message, or end the response as if it were whole.
    return body && new StreamableFile(body).setErrorHandler(() => res.destroy());
  } catch (error) {
    if (error instanceof BlobRangeError) res.setHeader('content-range', `bytes */${error.size}`);
    throw error;
  }
}
