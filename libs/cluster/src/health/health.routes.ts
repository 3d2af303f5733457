import { answerJson, type Route } from '../http/mount-routes.js';
import type { Readiness } from './readiness.js';

/** What load balancers and Kubernetes ask. */
export function healthRoutes(readiness: Readiness): Record<string, Route> {
  return {
    '/live': async (_request, response) => answerJson(response, 200, { status: 'alive' }),
    '/ready': async (_request, response) => {
      const answer = await readiness.check();
      answerJson(response, answer.status === 'ready' ? 200 : 503, answer);
    },
  };
}
