import type { Check } from '../check.js';

export const throttlerInMemory: Check = {
  id: 'RK007',
  severity: 'warning',
  why: 'Each replica counts for itself, so N replicas let through N times the limit, and a deploy forgets all counts.',
  cure: 'Give ThrottlerModule a shared storage, e.g. @nest-lab/throttler-storage-redis on the same Redis.',
  find: ({ organs }) =>
    organs
      .filter(({ instance }) => instance.constructor.name === 'ThrottlerStorageService')
      .map(({ module }) => `${module}: ThrottlerStorageService counts in memory`),
};
