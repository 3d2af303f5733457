import type { Backend, MemoryBackend } from '@rookery/core';
import type { PostgresBackend } from '@rookery/core/postgres';
import type { RedisBackend } from '@rookery/core/redis';
import type { WorkersDriver, WorkersDriverOptions } from './workers.driver.js';

/** Loads only the driver that the backend needs, so that an app on Redis needs no pg and the other way round. */
export async function workersDriverFor(backend: Backend, options: WorkersDriverOptions): Promise<WorkersDriver> {
  switch (backend.kind) {
    case 'memory':
      return new (await import('./drivers/memory/index.js')).MemoryWorkersDriver(backend as MemoryBackend, options);
    case 'redis':
      return new (await import('./drivers/redis/index.js')).RedisWorkersDriver(backend as RedisBackend, options);
    case 'postgres':
      return new (await import('./drivers/postgres/index.js')).PostgresWorkersDriver(
        backend as PostgresBackend,
        options,
      );
  }
}
