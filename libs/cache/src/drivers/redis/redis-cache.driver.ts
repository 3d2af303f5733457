import { randomUUID } from 'node:crypto';
import { ClosedError, resourceKey } from '@rookery/core';
import type { RedisBackend } from '@rookery/core/redis';
import {
  ForeignDataError,
  isStoredEntry,
  type CacheDriver,
  type FillEnd,
  type FillLease,
  type StoredEntry,
  type Version,
} from '../../cache.driver.js';
import { connect } from './redis.connection.js';
import { BEGIN_FILL, BUMP, END_FILL, EXTEND_FILL, PUT, REMOVE, TIME, VERSIONS, type Script } from './redis.scripts.js';
import type { StoreConnection } from './store-connection.js';

/** Part of every key: replicas of a version that writes another format read none of ours, and we none of theirs. */
const FORMAT = 'v1';
/** Longer than any entry lives, and begun anew whenever the tag is used. */
const VERSION_TTL_MS = 31 * 86_400_000;

/**
 * The shared tier in Redis. Values are read and written by cache-manager-redis-yet; what must be atomic is scripts on
 * the same connection, so that both travel in one packet. All keys of one cache key share a hash tag, all tags another.
 */
export class RedisCacheDriver implements CacheDriver {
  private connection: StoreConnection | undefined;
  private readonly id = randomUUID();
  private drafts = 0;

  constructor(
    private readonly backend: RedisBackend,
    private readonly l2Url?: string,
  ) {}

  async open(): Promise<void> {
    await this.backend.open();
    try {
      this.connection = await connect(this.backend, this.l2Url);
    } catch (error) {
      await this.backend.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const connection = this.connection;
    this.connection = undefined;
    await connection?.close();
    await this.backend.close();
  }

  async now(): Promise<number> {
    return Number(await this.script(TIME, [this.tagKey('clock')]));
  }

  get(name: string): Promise<StoredEntry | undefined> {
    return this.redis.store.get(this.key(name)).then(asEntry, asFault);
  }

  async set(name: string, entry: StoredEntry, ttlMs: number): Promise<void> {
    const draft = this.draftKey(name);
    await Promise.all([
      this.redis.store.set(draft, entry, ttlMs),
      this.script(PUT, [this.key(name, 'lease'), draft, this.key(name)]),
    ]);
  }

  async delete(name: string): Promise<boolean> {
    return (await this.script(REMOVE, [this.key(name, 'lease'), this.key(name)])) === 1;
  }

  touch(name: string, ttlMs: number): Promise<boolean> {
    return this.redis.client.pExpire(this.key(name), Math.ceil(ttlMs));
  }

  async beginFill(name: string, owner: string, leaseMs: number): Promise<FillLease> {
    let tooEarly = false;
    const keys = [this.key(name, 'lease'), this.key(name, 'awaited')];
    // Answered in the order sent: what is read was there when the lease was granted.
    const [[granted, startedAt], entry] = await Promise.all([
      BEGIN_FILL.run(this.redis.client, keys, [owner, leaseMs], () => (tooEarly = true)),
      this.entryOf(name),
    ]);
    if (granted !== 1) return { granted: false, startedAt: Number(startedAt) };
    return { granted: true, startedAt: Number(startedAt), entry: tooEarly ? await this.entryOf(name) : entry };
  }

  async extendFill(name: string, owner: string, leaseMs: number): Promise<boolean> {
    return (await this.script(EXTEND_FILL, [this.key(name, 'lease')], [owner, leaseMs])) === 1;
  }

  async endFill(name: string, owner: string, entry?: StoredEntry, ttlMs = 0): Promise<FillEnd> {
    const draft = this.draftKey(name);
    const keys = [this.key(name, 'lease'), this.key(name, 'awaited'), draft, this.key(name)];
    const [written, [stored, awaited]] = await Promise.all([
      entry && this.redis.store.set(draft, entry, ttlMs).catch((error: unknown) => ({ error })),
      this.script(END_FILL, keys, [owner]),
    ]);
    // The lease has ended all the same, so nobody waits for it.
    if (written) throw written.error;
    return { stored: stored === 1, awaited: awaited === 1 };
  }

  async versions(tags: readonly string[]): Promise<Version[]> {
    const versions = await this.script(VERSIONS, tags.map(this.tagKey), [VERSION_TTL_MS]);
    return versions.map((text) => ({ version: Number(text), created: text.startsWith('+') }));
  }

  async bump(tags: readonly string[]): Promise<void> {
    await this.script(BUMP, tags.map(this.tagKey), [VERSION_TTL_MS]);
  }

  reconnect(): Promise<void> {
    return this.redis.reconnect();
  }

  /** What is not ours will be written over. */
  private async entryOf(name: string): Promise<StoredEntry | undefined> {
    try {
      return await this.get(name);
    } catch (error) {
      if (error instanceof ForeignDataError) return undefined;
      throw error;
    }
  }

  private get redis(): StoreConnection {
    if (!this.connection) throw new ClosedError('The Redis tier of the cache');
    return this.connection;
  }

  private script<Result>(script: Script<Result>, keys: string[], args: (string | number)[] = []): Promise<Result> {
    return script.run(this.redis.client, keys, args);
  }

  private key(name: string, part?: string): string {
    return resourceKey(this.backend.namespace, 'cache', name, part === undefined ? FORMAT : `${FORMAT}:${part}`);
  }

  /** Where a value waits until it may take its place; what is left behind ends with its own ttl. */
  private draftKey(name: string): string {
    return this.key(name, `draft:${this.id}-${++this.drafts}`);
  }

  private readonly tagKey = (tag: string) =>
    resourceKey(this.backend.namespace, 'cache', 'tags', `${FORMAT}:${encodeURIComponent(tag)}`);
}

function asEntry(found: unknown): StoredEntry | undefined {
  if (found === undefined || isStoredEntry(found)) return found;
  throw new ForeignDataError('it is JSON, but not an entry');
}

/** Not JSON, or another type of Redis value, is nothing that the store is to blame for. */
function asFault(error: Error): never {
  const isForeign = error instanceof SyntaxError || error.message.startsWith('WRONGTYPE');
  throw isForeign ? new ForeignDataError(error.message, { cause: error }) : error;
}
