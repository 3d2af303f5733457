import cluster from 'node:cluster';
import type { Check } from '../check.js';

export const memoryWithReplicas: Check = {
  id: 'RK001',
  severity: 'error',
  why: 'Every process has locks, cache, jobs and schedules of its own: two replicas run the same task twice and change the same thing at once.',
  cure: 'Use a shared store: set REDIS_URL, or ROOKERY_BACKEND=postgres with DATABASE_URL.',
  find({ backend, replicas, env }) {
    if (backend.kind !== 'memory') return [];
    if (replicas.length > 1) return [`the memory backend with ${replicas.length} replicas`];
    if (cluster.isWorker) return ['the memory backend in a worker of node:cluster'];
    const pm2 = Number(env.NODE_APP_INSTANCE ?? 0);
    return pm2 > 0 ? [`the memory backend in instance ${pm2} of a process manager (NODE_APP_INSTANCE)`] : [];
  },
};
