import {
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { from, lastValueFrom, type Observable } from 'rxjs';
import type { CacheLookup } from '../cache.access.js';
import { ClusterCache } from '../cache.service.js';
import { tagsOn } from '../decorators/cache-tags.decorator.js';
import { httpCacheOptions, type HttpCacheOptions } from './http-cache.decorator.js';
import { etagOf, HttpExchange } from './http-exchange.js';

interface Answer {
  body: unknown;
  etag: string;
}

const WORDS = { l1: 'HIT', l2: 'HIT', stale: 'STALE', miss: 'MISS' };

/**
 * Answers GET requests of handlers with `@HttpCache()` from the cache, with `X-Cache` and `ETag`. Requests with
 * credentials (Authorization, Cookie, a user) pass it by, unless `varyBy` says whose the answer is.
 *
 * @example
 * @UseInterceptors(ClusterCacheInterceptor)
 * @Get() @HttpCache({ ttlMs: 10_000, tags: ['plans'] }) list() { … }
 */
@Injectable()
export class ClusterCacheInterceptor implements NestInterceptor {
  private readonly cache: ClusterCache;

  constructor(
    cache: ClusterCache,
    private readonly host: HttpAdapterHost,
  ) {
    this.cache = cache.namespace('http');
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const options = context.getType() === 'http' ? httpCacheOptions(context) : undefined;
    if (!options) return next.handle();
    const exchange = new HttpExchange(context, this.host);
    const key = exchange.key(options);
    if (key === undefined) {
      exchange.header('X-Cache', 'BYPASS');
      return next.handle();
    }
    return from(this.answer(exchange, key, { ...options, tags: tagsFor(context, options) }, next));
  }

  private async answer(
    exchange: HttpExchange,
    key: string,
    options: HttpCacheOptions & { tags: string[] },
    next: CallHandler,
  ): Promise<unknown> {
    let own: { body: unknown } | undefined;
    const { value, status }: CacheLookup<Answer> = await this.cache.lookupOrSet<Answer>(
      key,
      async () => {
        own = { body: await lastValueFrom(next.handle(), { defaultValue: undefined }) };
        const { body } = own;
        if (body === undefined || body instanceof StreamableFile || !exchange.isShareable()) return undefined;
        return { body, etag: etagOf(body) };
      },
      options,
    );
    exchange.header('X-Cache', WORDS[status]);
    if (value) return exchange.isKnownAs(value.etag) ? undefined : value.body;
    // Nothing that could be shared: those who waited for it must ask their own handler.
    return own ? own.body : lastValueFrom(next.handle(), { defaultValue: undefined });
  }
}

function tagsFor(context: ExecutionContext, { tags = [] }: HttpCacheOptions): string[] {
  const given = typeof tags === 'function' ? tags(context) : tags;
  return [...given, ...tagsOn(context.getClass().prototype as object, context.getHandler().name)];
}
