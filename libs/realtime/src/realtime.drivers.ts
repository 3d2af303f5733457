import type { Backend, MemoryBackend } from '@rookery/core';
import type { PostgresBackend } from '@rookery/core/postgres';
import type { RedisBackend } from '@rookery/core/redis';
import type { HistoryLimits, RealtimeDriver } from './realtime.driver.js';

/** Loads only the driver that the backend needs, so that an app on Redis needs no pg and the other way round. */
export async function realtimeDriverFor(backend: Backend, limits: HistoryLimits): Promise<RealtimeDriver> {
  switch (backend.kind) {
    case 'memory':
      return new (await import('./drivers/memory/index.js')).MemoryRealtimeDriver(backend as MemoryBackend, limits);
    case 'redis':
      return new (await import('./drivers/redis/index.js')).RedisRealtimeDriver(backend as RedisBackend, limits);
    case 'postgres':
      return new (await import('./drivers/postgres/index.js')).PostgresRealtimeDriver(
        backend as PostgresBackend,
        limits,
      );
  }
}
