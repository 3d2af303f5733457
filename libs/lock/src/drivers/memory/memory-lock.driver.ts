import type { MemoryBackend } from '@rookery/core';
import type { LockDriver, LockGrant } from '../../lock.driver.js';

interface Row {
  owner: string;
  token: number;
  expiresAt: number;
}

/** Locks in the memory of one process. */
export class MemoryLockDriver implements LockDriver {
  private readonly rows: Map<string, Row>;

  constructor(backend: MemoryBackend) {
    this.rows = backend.shared('lock', () => new Map<string, Row>());
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}

  async acquire({ key, owner, ttlMs }: LockGrant): Promise<number | null> {
    const row = this.rows.get(key);
    if (row && row.owner !== owner && row.expiresAt > performance.now()) return null;
    const token = Math.max((row?.token ?? 0) + 1, Date.now() * 1000);
    this.rows.set(key, { owner, token, expiresAt: performance.now() + ttlMs });
    return token;
  }

  async extend({ key, owner, ttlMs }: LockGrant): Promise<boolean> {
    const row = this.held(key, owner);
    if (row) row.expiresAt = performance.now() + ttlMs;
    return row !== undefined;
  }

  async release(key: string, owner: string): Promise<boolean> {
    const row = this.held(key, owner);
    if (row) row.expiresAt = 0;
    return row !== undefined;
  }

  private held(key: string, owner: string): Row | undefined {
    const row = this.rows.get(key);
    return row?.owner === owner && row.expiresAt > performance.now() ? row : undefined;
  }
}
