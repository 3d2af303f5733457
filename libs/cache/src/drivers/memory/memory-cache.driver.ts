import type { MemoryBackend } from '@rookery/core';
import { LRUCache } from 'lru-cache';
import type { CacheDriver, FillEnd, FillLease, StoredEntry, Version } from '../../cache.driver.js';
import type { LocalTierOptions } from '../../cache.options.js';
import { ENTRY_BYTES, freezeAndWeigh } from '../../tiers/weigh.js';

const MAX_TAGS = 100_000;

interface Lease {
  owner: string;
  expiresAt: number;
  awaited: boolean;
}

interface State {
  entries: LRUCache<string, { entry: StoredEntry; expiresAt: number }>;
  leases: Map<string, Lease>;
  versions: LRUCache<string, number>;
  lastVersion: number;
}

/**
 * The shared tier in the memory of one process: two apps on one `memory()` share it like two replicas a store. It is
 * bounded like the in-process tier, whose very objects it holds.
 */
export class MemoryCacheDriver implements CacheDriver {
  readonly heapPerEntry = 350;
  private readonly state: State;

  constructor(backend: MemoryBackend, { maxEntries = 50_000, maxBytes = 64 * 1024 * 1024 }: LocalTierOptions = {}) {
    this.state = backend.shared('cache', () => ({
      entries: new LRUCache({ max: maxEntries, maxSize: maxBytes }),
      leases: new Map(),
      versions: new LRUCache({ max: MAX_TAGS }),
      lastVersion: 0,
    }));
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}

  async now(): Promise<number> {
    return performance.now();
  }

  async get(name: string): Promise<StoredEntry | undefined> {
    const row = this.state.entries.get(name);
    if (row && row.expiresAt > performance.now()) return row.entry;
    this.state.entries.delete(name);
    return undefined;
  }

  async set(name: string, entry: StoredEntry, ttlMs: number): Promise<void> {
    this.state.leases.delete(name);
    this.put(name, entry, ttlMs);
  }

  async delete(name: string): Promise<boolean> {
    this.state.leases.delete(name);
    const existed = (await this.get(name)) !== undefined;
    this.state.entries.delete(name);
    return existed;
  }

  async touch(name: string, ttlMs: number): Promise<boolean> {
    const row = this.state.entries.get(name);
    if (!row || row.expiresAt <= performance.now()) return false;
    row.expiresAt = performance.now() + ttlMs;
    return true;
  }

  async beginFill(name: string, owner: string, leaseMs: number): Promise<FillLease> {
    const startedAt = this.tick();
    const held = this.lease(name);
    if (held && held.owner !== owner) {
      held.awaited = true;
      return { granted: false, startedAt };
    }
    this.state.leases.set(name, { owner, expiresAt: performance.now() + leaseMs, awaited: held?.awaited ?? false });
    return { granted: true, startedAt, entry: await this.get(name) };
  }

  async extendFill(name: string, owner: string, leaseMs: number): Promise<boolean> {
    const held = this.lease(name);
    if (held?.owner !== owner) return false;
    held.expiresAt = performance.now() + leaseMs;
    return true;
  }

  async endFill(name: string, owner: string, entry?: StoredEntry, ttlMs = 0): Promise<FillEnd> {
    const held = this.lease(name);
    if (held?.owner !== owner) return { stored: false, awaited: false };
    this.state.leases.delete(name);
    if (entry) this.put(name, entry, ttlMs);
    return { stored: entry !== undefined, awaited: held.awaited };
  }

  async versions(tags: readonly string[]): Promise<Version[]> {
    return tags.map((tag) => {
      const known = this.state.versions.get(tag);
      if (known !== undefined) return { version: known, created: false };
      const version = this.tick();
      this.state.versions.set(tag, version);
      return { version, created: true };
    });
  }

  async bump(tags: readonly string[]): Promise<void> {
    for (const tag of tags) this.state.versions.set(tag, this.tick());
  }

  private put(name: string, entry: StoredEntry, ttlMs: number): void {
    const size = ENTRY_BYTES + this.heapPerEntry + 2 * name.length + freezeAndWeigh(entry.v);
    this.state.entries.set(name, { entry, expiresAt: performance.now() + ttlMs }, { size });
  }

  private lease(name: string): Lease | undefined {
    const held = this.state.leases.get(name);
    return held && held.expiresAt > performance.now() ? held : undefined;
  }

  private tick(): number {
    return (this.state.lastVersion = Math.max(this.state.lastVersion + 1, Math.floor(performance.now() * 1000)));
  }
}
