import { developersOnly, type Access } from '../http/access.js';
import { answerJson, askForPassword, type Routes } from '../http/mount-routes.js';
import type { Doctor } from './doctor.service.js';

/** The diagnosis as JSON: off outside of development, unless somebody says who may see it. */
export function doctorRoutes(doctor: Doctor, access: Access = developersOnly()): Routes {
  return {
    'GET /doctor': async (request, response) => {
      if (await access(request)) answerJson(response, 200, await doctor.examine());
      else askForPassword(response, 'Set doctor.access in ClusterModule, and send what it asks for.');
    },
  };
}
