import type { Check } from '../check.js';

export const memoryInProduction: Check = {
  id: 'RK002',
  severity: 'warning',
  why: 'It is right for one process and lost with it. The second replica, also the one that overlaps during a deploy, shares nothing with the first.',
  cure: 'Set REDIS_URL, or ROOKERY_BACKEND=postgres with DATABASE_URL; or acknowledge RK002 if this app never has two processes.',
  find: ({ backend, env }) =>
    backend.kind === 'memory' && env.NODE_ENV === 'production' ? ['the memory backend with NODE_ENV=production'] : [],
};
