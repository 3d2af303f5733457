import { LRUCache } from 'lru-cache';
import { pathOf } from '../cache.names.js';
import type { LocalTierOptions } from '../cache.options.js';
import type { InvalidationLog } from '../invalidation/invalidation-log.js';

/** A value in the in-process tier. Times are of the monotonic clock. */
export interface LocalEntry {
  /** As the serializer made it, frozen. */
  readonly tree: unknown;
  /** Served without asking the store until then. */
  readonly freshUntil: number;
  /** Stale from then on. */
  readonly expiresAt: number;
  /** Of no use from then on. */
  readonly graceUntil: number;
  /** The log's position when the value began to be read or made. */
  readonly since: number;
  /** The tags and clears that it depends on. */
  readonly versions: readonly string[];
  /** Heap that the tree takes, about. */
  readonly bytes: number;
}

/** The in-process tier: bounded in entries and bytes, and it serves nothing that an invalidation may concern. */
export class LocalTier {
  private readonly entries: LRUCache<string, LocalEntry>;
  private readonly bytesOfPaths = new Map<string, number>();
  readonly ttlMs: number;

  constructor(
    private readonly log: InvalidationLog,
    /** False while invalidations are being missed. */
    private readonly link: { readonly connected: boolean },
    private readonly entryBytes: number,
    { ttlMs = 30_000, maxEntries = 50_000, maxBytes = 64 * 1024 * 1024 }: LocalTierOptions,
  ) {
    this.ttlMs = ttlMs;
    this.entries = new LRUCache({
      max: maxEntries,
      maxSize: maxBytes,
      sizeCalculation: (entry, name) => this.sizeOf(entry, name),
      onInsert: (entry, name, how) => how !== 'update' && this.tally(name, this.sizeOf(entry, name)),
      dispose: (entry, name) => this.tally(name, -this.sizeOf(entry, name)),
    });
  }

  get count(): number {
    return this.entries.size;
  }

  get bytes(): number {
    return this.entries.calculatedSize;
  }

  /** Of the values of one namespace. */
  bytesOf(path: string): number {
    return this.bytesOfPaths.get(path) ?? 0;
  }

  /** What may be served at once. */
  fresh(name: string, now: number): LocalEntry | undefined {
    const entry = this.entries.get(name);
    if (entry === undefined || now >= entry.freshUntil) return undefined;
    if (!this.log.isTrusted(entry.since) || !this.link.connected) return undefined;
    if (!this.log.areVersionsFresh(entry.versions, entry.since)) return undefined;
    return entry;
  }

  /** What may be served when the store does not answer and the factory fails or is slow. */
  fallback(name: string, now: number): LocalEntry | undefined {
    const entry = this.entries.get(name);
    if (entry === undefined || now >= entry.graceUntil) return undefined;
    return this.log.areVersionsFresh(entry.versions, entry.since) ? entry : undefined;
  }

  put(name: string, entry: LocalEntry): void {
    this.entries.set(name, entry);
  }

  drop(name: string): void {
    this.entries.delete(name);
  }

  private sizeOf(entry: LocalEntry, name: string): number {
    return this.entryBytes + 2 * name.length + entry.bytes;
  }

  private tally(name: string, bytes: number): void {
    const path = pathOf(name);
    this.bytesOfPaths.set(path, this.bytesOf(path) + bytes);
  }
}
