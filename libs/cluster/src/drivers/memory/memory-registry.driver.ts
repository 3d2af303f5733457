import type { MemoryBackend } from '@rookery/core';
import type { RegistryDriver, RegistryView } from '../../registry.driver.js';
import type { Replica } from '../../registry/replica.js';

interface Row {
  replica: Replica;
  endsAt: number;
}

/** The replicas that were handed the same memory backend. */
export class MemoryRegistryDriver implements RegistryDriver {
  private readonly rows: Map<string, Row>;

  constructor(backend: MemoryBackend) {
    this.rows = backend.shared('cluster', () => new Map<string, Row>());
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}

  async beat(replica: Replica, goneAfterMs: number): Promise<RegistryView> {
    this.rows.set(replica.id, { replica, endsAt: performance.now() + goneAfterMs });
    return this.list();
  }

  async list(): Promise<RegistryView> {
    for (const [id, { endsAt }] of this.rows) if (endsAt <= performance.now()) this.rows.delete(id);
    return { replicas: [...this.rows.values()].map(({ replica }) => replica), storeTime: Date.now() };
  }

  async leave(id: string): Promise<void> {
    this.rows.delete(id);
  }
}
