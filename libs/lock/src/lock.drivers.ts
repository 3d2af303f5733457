import type { Backend, MemoryBackend } from '@rookery/core';
import type { PostgresBackend } from '@rookery/core/postgres';
import type { RedisBackend } from '@rookery/core/redis';
import type { LockDriver } from './lock.driver.js';

/** Loads only the driver that the backend needs, so that an app on Redis needs no pg and the other way round. */
export async function lockDriverFor(backend: Backend, quorum?: readonly Backend[]): Promise<LockDriver> {
  if (quorum) return new (await import('./drivers/redis/index.js')).QuorumLockDriver(quorum as readonly RedisBackend[]);
  switch (backend.kind) {
    case 'memory':
      return new (await import('./drivers/memory/index.js')).MemoryLockDriver(backend as MemoryBackend);
    case 'redis': {
      const { RedisLockDriver } = await import('./drivers/redis/index.js');
      return new RedisLockDriver(backend as RedisBackend, (backend as RedisBackend).bus);
    }
    case 'postgres':
      return new (await import('./drivers/postgres/index.js')).PostgresLockDriver(backend as PostgresBackend);
  }
}
