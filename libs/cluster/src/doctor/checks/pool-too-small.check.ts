import type { Check } from '../check.js';
import type { Patient } from '../patient.js';
import { poolSize, postgresSetting } from '../store-facts.js';

/** Heartbeat, claims, lease renewals and one piece of work, without waiting for each other. */
export const SMALLEST_POOL = 4;

export const poolTooSmall: Check = {
  id: 'RK014',
  severity: 'warning',
  why: 'A lease that cannot be renewed because every connection is busy is lost; connections over the limit of the server are refused.',
  cure: `Give postgres() a poolSize of at least ${SMALLEST_POOL} (10 is the default), and let replicas × (poolSize + 1), with jobs twice that, stay below max_connections.`,
  async find(patient) {
    const { postgres } = patient;
    if (!postgres) return [];
    const size = poolSize(postgres);
    const small = size < SMALLEST_POOL ? [`the pool of ${postgres.address} has ${size} connections`] : [];
    return [...small, ...(await tooMany(patient, size))];
  },
};

async function tooMany({ postgres, replicas, parts }: Patient, size: number): Promise<string[]> {
  const limit = Number(await postgresSetting(postgres!, 'max_connections'));
  // bullmq needs a search path, hence a pool of its own, and listens for itself.
  const pools = parts.jobs && !parts.jobs.backend ? 2 : 1;
  const needed = Math.max(replicas.length, 1) * pools * (size + 1);
  return needed > limit
    ? [
        `${replicas.length} replicas may open ${needed} connections, but ${postgres!.address} has max_connections ${limit}`,
      ]
    : [];
}
