import { randomBytes } from 'node:crypto';
import { memory, type Backend, type BackendKind } from '@rookery/core';
import { postgres } from '@rookery/core/postgres';
import { redis } from '@rookery/core/redis';
import { postgresUrl, redisUrl } from './services.js';

/** A namespace that no other spec uses. */
export const freshNamespace = () => `t${randomBytes(6).toString('hex')}`;

/**
 * Makes backends for a spec: each call is what another replica would hold. Calls with the same namespace see the same
 * store; `memory` is the same object for the same namespace.
 */
export function backendsOf(kind: BackendKind): (namespace: string) => Backend {
  const memories = new Map<string, Backend>();
  return (namespace) => {
    if (kind === 'redis') return redis({ url: redisUrl(), namespace });
    if (kind === 'postgres') return postgres({ url: postgresUrl(), namespace, poolSize: 5 });
    const backend = memories.get(namespace) ?? memory({ namespace });
    memories.set(namespace, backend);
    return backend;
  };
}
