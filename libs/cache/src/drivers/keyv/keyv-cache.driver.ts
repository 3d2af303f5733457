import type { Keyv } from 'keyv';
import {
  ForeignDataError,
  isStoredEntry,
  type CacheDriver,
  type FillEnd,
  type FillLease,
  type StoredEntry,
  type Version,
} from '../../cache.driver.js';

interface Lease {
  owner: string;
  until: number;
  awaited: boolean;
}

const VERSION_TTL_MS = 31 * 86_400_000;
const MICROSECONDS = 1_000;

/**
 * Any Keyv store as the shared tier. Keyv has no atomic step: what must be one is so within this process only, and over
 * processes a fill and an invalidation that meet in the same millisecond may be mistaken for each other. Time is that of
 * the replicas' clocks.
 */
export class KeyvCacheDriver implements CacheDriver {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly keyv: Keyv,
    private readonly namespace: string,
  ) {}

  async open(): Promise<void> {
    // Without a listener, a store's error would end the process.
    this.keyv.on('error', () => undefined);
  }

  /** The store is the user's, who closes it. */
  async close(): Promise<void> {}

  async now(): Promise<number> {
    await this.keyv.get(this.key('clock', ''));
    return Date.now();
  }

  async get(name: string): Promise<StoredEntry | undefined> {
    const entry: unknown = await this.keyv.get(this.key('entry', name));
    if (entry === undefined || entry === null || isStoredEntry(entry)) return entry ?? undefined;
    throw new ForeignDataError('it is not an entry');
  }

  set(name: string, entry: StoredEntry, ttlMs: number): Promise<void> {
    return this.inTurn(async () => {
      await this.keyv.delete(this.key('lease', name));
      await this.keyv.set(this.key('entry', name), entry, ttlMs);
    });
  }

  delete(name: string): Promise<boolean> {
    return this.inTurn(async () => {
      await this.keyv.delete(this.key('lease', name));
      return this.keyv.delete(this.key('entry', name));
    });
  }

  touch(name: string, ttlMs: number): Promise<boolean> {
    return this.inTurn(async () => {
      const entry = await this.get(name);
      return entry !== undefined && this.keyv.set(this.key('entry', name), entry, ttlMs);
    });
  }

  beginFill(name: string, owner: string, leaseMs: number): Promise<FillLease> {
    return this.inTurn(async () => {
      const startedAt = Date.now() * MICROSECONDS;
      const held = await this.lease(name);
      if (held && held.owner !== owner) {
        await this.keyv.set(this.key('lease', name), { ...held, awaited: true }, held.until - Date.now());
        return { granted: false, startedAt };
      }
      const lease = { owner, until: Date.now() + leaseMs, awaited: held?.awaited ?? false };
      await this.keyv.set(this.key('lease', name), lease, leaseMs);
      return { granted: true, startedAt, entry: await this.get(name).catch(() => undefined) };
    });
  }

  extendFill(name: string, owner: string, leaseMs: number): Promise<boolean> {
    return this.inTurn(async () => {
      const held = await this.lease(name);
      if (held?.owner !== owner) return false;
      return this.keyv.set(this.key('lease', name), { ...held, until: Date.now() + leaseMs }, leaseMs);
    });
  }

  endFill(name: string, owner: string, entry?: StoredEntry, ttlMs?: number): Promise<FillEnd> {
    return this.inTurn(async () => {
      const held = await this.lease(name);
      if (held?.owner !== owner) return { stored: false, awaited: false };
      if (entry) await this.keyv.set(this.key('entry', name), entry, ttlMs);
      const { awaited = false } = (await this.lease(name)) ?? {};
      await this.keyv.delete(this.key('lease', name));
      return { stored: entry !== undefined, awaited };
    });
  }

  versions(tags: readonly string[]): Promise<Version[]> {
    return this.inTurn(() =>
      Promise.all(
        tags.map(async (tag) => {
          const known = await this.keyv.get<number>(this.key('version', tag));
          if (known !== undefined) return { version: known, created: false };
          return { version: await this.raise(tag, 0), created: true };
        }),
      ),
    );
  }

  bump(tags: readonly string[]): Promise<void> {
    return this.inTurn(async () => {
      for (const tag of tags) await this.raise(tag, (await this.keyv.get<number>(this.key('version', tag))) ?? 0);
    });
  }

  private async raise(tag: string, last: number): Promise<number> {
    const version = Math.max(last + 1, Date.now() * MICROSECONDS);
    await this.keyv.set(this.key('version', tag), version, VERSION_TTL_MS);
    return version;
  }

  private async lease(name: string): Promise<Lease | undefined> {
    const held = await this.keyv.get<Lease>(this.key('lease', name));
    return held && held.until > Date.now() ? held : undefined;
  }

  private inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.turn.then(step);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private key(part: string, name: string): string {
    return `${this.namespace}:cache:v1:${part}:${name}`;
  }
}
