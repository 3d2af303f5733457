import type { Check } from '../check.js';
import { busDelivers } from '../store-facts.js';

export const busIsSilent: Check = {
  id: 'RK020',
  severity: 'error',
  why: 'Replicas do not hear each other: caches go stale until their time is up, lock waiters fall back to slow polling, messages do not leave their replica.',
  cure: 'Look at the connection between this replica and the store: firewalls that cut idle connections, ACLs that forbid pub/sub channels, a pooler in between (RK015).',
  find: async ({ backend }) =>
    (await busDelivers(backend))
      ? []
      : [`a message that this replica published at ${backend.address} did not come back`],
};
