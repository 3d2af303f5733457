import { developersOnly, type Access } from '../http/access.js';
import { answerJson, type Route } from '../http/mount-routes.js';
import type { Doctor } from './doctor.service.js';

/** The diagnosis as JSON: off outside of development, unless somebody says who may see it. */
export function doctorRoutes(doctor: Doctor, access: Access = developersOnly()): Record<string, Route> {
  return {
    '/doctor': async (request, response) => {
      if (!(await access(request))) {
        response.setHeader('www-authenticate', 'Basic realm="Rookery"');
        return answerJson(response, 401, { message: 'Set doctor.access in ClusterModule, and send what it asks for.' });
      }
      answerJson(response, 200, await doctor.examine());
    },
  };
}
