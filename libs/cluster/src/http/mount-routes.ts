import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpAdapterHost } from '@nestjs/core';

/** Answers a request. */
export type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** By method and by what follows the path, e.g. `GET /live`. */
export type Routes = Record<`${'GET' | 'POST'} ${string}`, Route>;

/**
 * Puts plain handlers before Nest's router: a probe must not depend on global guards, prefixes or interceptors. Without
 * an HTTP server there is nothing to do.
 *
 * @param path where they begin, e.g. `/health`
 */
export function mountRoutes(host: HttpAdapterHost, path: string, routes: Routes): void {
  host.httpAdapter?.use(path, (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => {
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const route = routes[`${method} ${(request.url ?? '/').split('?')[0]}` as keyof Routes];
    if (route) route(request, response).catch(next);
    else next();
  });
}

export function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

/** Refuses in a way that lets a browser ask for a password. */
export function askForPassword(response: ServerResponse, message: string): void {
  response.setHeader('www-authenticate', 'Basic realm="Rookery"');
  answerJson(response, 401, { message });
}
