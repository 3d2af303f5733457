import { answerJson, type Routes } from '../http/mount-routes.js';
import type { Readiness } from './readiness.js';

/** What load balancers and Kubernetes ask. */
export function healthRoutes(readiness: Readiness): Routes {
  return {
    'GET /live': async (_request, response) => answerJson(response, 200, { status: 'alive' }),
    'GET /ready': async (_request, response) => {
      const answer = await readiness.check();
      answerJson(response, answer.status === 'ready' ? 200 : 503, answer);
    },
  };
}
