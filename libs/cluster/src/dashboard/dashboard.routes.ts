import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { developersOnly } from '../http/access.js';
import { answerJson, askForPassword, type Route, type Routes } from '../http/mount-routes.js';
import type { ClusterOverview } from './cluster-overview.js';
import type { DashboardActions } from './dashboard.actions.js';
import type { DashboardOptions } from './dashboard.options.js';
import { page } from './page/page.js';

const MAX_BODY_BYTES = 4_096;

/** The page, what it shows, and what its buttons do; all behind the same access. */
export function dashboardRoutes(
  overview: ClusterOverview,
  actions: DashboardActions,
  options: DashboardOptions,
): Routes {
  const access = options.access ?? developersOnly();
  const guarded =
    (route: Route): Route =>
    async (request, response) => {
      if (await access(request)) await route(request, response);
      else askForPassword(response, 'Set access in ClusterDashboardModule, and send what it asks for.');
    };
  return {
    'GET /': guarded(async (_request, response) => answerPage(response, options)),
    'GET /state': guarded(async (_request, response) => answerJson(response, 200, await overview.gather())),
    'POST /actions': guarded(async (request, response) => {
      if (!isOurOwnPage(request))
        return answerJson(response, 403, { message: 'Actions come from the page itself only.' });
      const { status, message } = await actions.perform(await bodyOf(request));
      answerJson(response, status, { message });
    }),
  };
}

/** Nothing from elsewhere runs in the page, nothing of it can be framed. */
function answerPage(response: ServerResponse, { bullBoardPath }: DashboardOptions): void {
  const nonce = randomBytes(16).toString('base64');
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; img-src data:`;
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `${policy}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  response.end(page(nonce, bullBoardPath));
}

/** Another site can make a browser send a request with the password it remembers, but not with this header. */
function isOurOwnPage({ headers }: IncomingMessage): boolean {
  if (headers['x-rookery-action'] !== '1' || !headers['content-type']?.startsWith('application/json')) return false;
  const { origin, host } = headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

/** As the app's body parser left it, or read here when the app has none. Undefined for what is no small JSON. */
async function bodyOf(request: IncomingMessage & { body?: unknown }): Promise<unknown> {
  if (request.body !== undefined) return request.body;
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_BODY_BYTES) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
