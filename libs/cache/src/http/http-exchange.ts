import { createHash } from 'node:crypto';
import type { ExecutionContext } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { HttpCacheOptions } from './http-cache.decorator.js';

interface Request {
  method: string;
  headers: Record<string, string | string[] | undefined>;
  user?: unknown;
  session?: unknown;
}

/** One HTTP request and its answer, on whatever platform. */
export class HttpExchange {
  readonly request: Request;
  private readonly response: object;
  private readonly adapter: HttpAdapterHost['httpAdapter'];

  constructor(
    private readonly context: ExecutionContext,
    { httpAdapter }: HttpAdapterHost,
  ) {
    this.adapter = httpAdapter;
    this.request = context.switchToHttp().getRequest<Request>();
    this.response = context.switchToHttp().getResponse<object>();
  }

  /** The key of the answer; undefined when it must not come from a cache. */
  key({ varyBy, varyHeaders = ['accept', 'accept-language'] }: HttpCacheOptions): string | undefined {
    const { method, headers } = this.request;
    if (method !== 'GET' || headers['cache-control'] === 'no-store') return undefined;
    const varied = varyBy?.(this.context);
    if (varyBy ? varied === undefined : this.hasCredentials()) return undefined;
    const parts = [varied ?? null, ...varyHeaders.map((name) => headers[name] ?? null)];
    const url = String(this.adapter.getRequestUrl(this.request));
    return `${url.length > 500 ? hash(url) : encodeURI(url)}#${hash(JSON.stringify([url, ...parts]))}`;
  }

  header(name: string, value: string): void {
    this.adapter.setHeader(this.response, name, value);
  }

  /** Says 304 when the client has this very answer already. */
  isKnownAs(etag: string): boolean {
    this.header('ETag', etag);
    const known = String(this.request.headers['if-none-match'] ?? '');
    if (!known.split(/\s*,\s*/).some((one) => one === '*' || one.replace(/^W\//, '') === etag.replace(/^W\//, '')))
      return false;
    this.adapter.status(this.response, 304);
    return true;
  }

  /** Whether the handler's answer is one that others may get too. */
  isShareable(): boolean {
    const response = this.response as { statusCode?: number; getHeader?: (name: string) => unknown };
    return (response.statusCode ?? 200) === 200 && response.getHeader?.('set-cookie') === undefined;
  }

  private hasCredentials(): boolean {
    const { headers, user, session } = this.request;
    return [headers.authorization, headers.cookie, user, session].some((sign) => sign !== undefined && sign !== null);
  }
}

export function etagOf(body: unknown): string {
  return `W/"${hash(JSON.stringify(body))}"`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 27);
}
