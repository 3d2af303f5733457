import {
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { mergeMap, type Observable } from 'rxjs';
import type { BlobStore } from '../blob.store.js';
import type { SendBlobOptions } from './blob-answer.js';
import { replyOf, type HttpResponse } from './reply.js';
import { answerHead } from './send-blob.js';

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

/** Turns a returned {@link BlobResponse} into what `sendBlob` would send. */
@Injectable()
export class BlobResponseInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const res = context.switchToHttp().getResponse<HttpResponse>();
    return next
      .handle()
      .pipe(mergeMap(async (value: unknown) => (value instanceof BlobResponse ? answer(res, value) : value)));
  }
}

async function answer(res: HttpResponse, { store, name, options }: BlobResponse) {
  const body = await answerHead(res, store, name, options);
  // Nest by itself would answer with the error's message, or end the response as if it were whole.
  return body && new StreamableFile(body).setErrorHandler(() => replyOf(res).raw.destroy());
}
