import { randomUUID } from 'node:crypto';
import type { Backend } from '@rookery/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RegistryDriver } from '../registry.driver.js';
import { registryDriverFor } from '../registry.drivers.js';
import type { Replica } from '../registry/replica.js';

/** What a driver's spec hands in. */
export interface RegistryContract {
  /** A backend on the store, in a namespace of its own per call. */
  backend: () => Backend;
}

/** Long enough that a busy machine does not end a record by mistake. */
const LONG_MS = 120_000;

/** The behaviour that every registry driver must have. */
export function registryDriverContract(name: string, { backend }: RegistryContract): void {
  describe(`registry driver: ${name}`, () => {
    let store: Backend;
    let registry: RegistryDriver;

    beforeEach(async () => {
      store = backend();
      registry = await registryDriverFor(store);
      await registry.open();
    });
    afterEach(() => registry.close());

    it('lists nobody before the first heartbeat', async () => {
      expect((await registry.list()).replicas).toEqual([]);
    });

    it('gives back what a replica told about itself, its own beat included', async () => {
      const replica = replicaWith({ load: 0.25, fingerprints: { session: 'abc' } });
      expect((await registry.beat(replica, LONG_MS)).replicas).toEqual([replica]);
      expect((await registry.list()).replicas).toEqual([replica]);
    });

    it('shows replicas to each other, each as it last described itself', async () => {
      const [first, second] = [replicaWith({}), replicaWith({})];
      await registry.beat(first, LONG_MS);
      await registry.beat(second, LONG_MS);
      const { replicas } = await registry.beat({ ...first, state: 'draining' }, LONG_MS);
      expect(replicas).toHaveLength(2);
      expect(replicas).toContainEqual({ ...first, state: 'draining' });
      expect(replicas).toContainEqual(second);
    });

    it('drops a replica that fell silent, and takes it back when it beats again', async () => {
      const [silent, living] = [replicaWith({}), replicaWith({})];
      await registry.beat(silent, 50);
      await vi.waitFor(async () => expect((await registry.beat(living, LONG_MS)).replicas).toEqual([living]), 10_000);
      expect((await registry.list()).replicas).toEqual([living]);
      expect((await registry.beat(silent, LONG_MS)).replicas).toHaveLength(2);
    });

    it('forgets a replica that left, and does not mind one that was not there', async () => {
      const replica = replicaWith({});
      await registry.beat(replica, LONG_MS);
      await registry.leave(replica.id);
      await registry.leave(replica.id);
      expect((await registry.list()).replicas).toEqual([]);
    });

    it('tells the time of the store', async () => {
      const before = await store.now();
      const { storeTime } = await registry.list();
      expect(storeTime).toBeGreaterThanOrEqual(before);
      expect(storeTime).toBeLessThanOrEqual(await store.now());
    });

    it('keeps namespaces apart', async () => {
      const other = await registryDriverFor(backend());
      await other.open();
      await registry.beat(replicaWith({}), LONG_MS);
      expect((await other.list()).replicas).toEqual([]);
      await other.close();
    });
  });
}

function replicaWith(given: Partial<Replica>): Replica {
  return {
    id: randomUUID(),
    host: 'host',
    pid: 1,
    version: '1.0.0',
    roles: ['web'],
    startedAt: 1_000,
    state: 'ready',
    load: 0,
    memoryBytes: 1,
    clockSkewMs: 0,
    fingerprints: {},
    ...given,
  };
}
