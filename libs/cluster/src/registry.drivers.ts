import type { Backend, MemoryBackend } from '@rookery/core';
import type { PostgresBackend } from '@rookery/core/postgres';
import type { RedisBackend } from '@rookery/core/redis';
import type { RegistryDriver } from './registry.driver.js';

/** Loads only the driver that is used. */
export async function registryDriverFor(backend: Backend): Promise<RegistryDriver> {
  switch (backend.kind) {
    case 'memory':
      return new (await import('./drivers/memory/index.js')).MemoryRegistryDriver(backend as MemoryBackend);
    case 'redis':
      return new (await import('./drivers/redis/index.js')).RedisRegistryDriver(backend as RedisBackend);
    case 'postgres':
      return new (await import('./drivers/postgres/index.js')).PostgresRegistryDriver(backend as PostgresBackend);
  }
}
