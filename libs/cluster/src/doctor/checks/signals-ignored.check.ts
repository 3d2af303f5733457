import type { Check } from '../check.js';

export const signalsIgnored: Check = {
  id: 'RK016',
  severity: 'error',
  why: 'At SIGTERM the process dies in the middle of requests and jobs, holding its leases: every deploy fails requests, and others wait until the leases end.',
  cure: 'Call useCluster(app) in main.ts before app.listen(), and see that the signal reaches Node (in a container: no npm or shell in between).',
  find: ({ attachment }) => (attachment.app ? [] : ['useCluster(app) was not called']),
};
