import type { Backend, MemoryBackend } from '@rookery/core';
import type { PostgresBackend } from '@rookery/core/postgres';
import type { RedisBackend } from '@rookery/core/redis';
import type { JobsDriver, Retention } from './jobs.driver.js';

/** Loads only what the backend needs, so that an app on Redis needs no pg, and one in memory no bullmq. */
export async function jobsDriverFor(
  backend: Backend,
  keep: Record<'completed' | 'failed', Retention>,
): Promise<JobsDriver> {
  if (backend.kind === 'memory')
    return new (await import('./drivers/memory/index.js')).MemoryJobsDriver(backend as MemoryBackend, keep);
  const [{ BullmqJobsDriver }, { routeConnections }] = await Promise.all([
    import('./bullmq/bullmq-jobs.driver.js'),
    import('./bullmq/bullmq-connection.js'),
  ]);
  routeConnections();
  if (backend.kind === 'redis') {
    const { RedisBullmqConnection } = await import('./drivers/redis/index.js');
    return new BullmqJobsDriver(new RedisBullmqConnection(backend as RedisBackend), keep);
  }
  const { PostgresBullmqConnection } = await import('./drivers/postgres/index.js');
  return new BullmqJobsDriver(new PostgresBullmqConnection(backend as PostgresBackend), keep);
}
