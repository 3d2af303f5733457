import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpAdapterHost } from '@nestjs/core';

/** Answers a request. */
export type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Puts plain handlers before Nest's router: a probe must not depend on global guards, prefixes or interceptors. Without
 * an HTTP server there is nothing to do.
 *
 * @param path where they begin, e.g. `/health`
 * @param routes by what follows, e.g. `/live`
 */
export function mountRoutes(host: HttpAdapterHost, path: string, routes: Record<string, Route>): void {
  host.httpAdapter?.use(path, (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => {
    const route = routes[(request.url ?? '/').split('?')[0]];
    if (route && request.method === 'GET') route(request, response).catch(next);
    else next();
  });
}

export function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
