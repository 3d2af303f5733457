import type { PostgresBackend, PostgresResult } from '@rookery/core/postgres';
import type { CacheDriver, FillEnd, FillLease, StoredEntry, Version } from '../../cache.driver.js';
import { CACHE_MIGRATIONS } from '../../cache.schema.js';
import { GetBatch } from './get-batch.js';
import * as sql from './postgres.statements.js';

/** One write in so many sweeps, sooner when they are large: there is no scheduler to keep alive, and no write pays much. */
const SWEEP_EVERY = 200;
/** And this part of the bound in bytes. */
const SWEEP_EVERY_PART = 0.05;
/** A sweep looks at every entry, so it rests this many times as long as it took. */
const REST = 10;

/** How much the table may hold of one namespace. */
export interface PostgresCacheBounds {
  maxEntries?: number;
  maxBytes?: number;
}

/** The shared tier in unlogged tables, for a cluster that has no Redis. */
export class PostgresCacheDriver implements CacheDriver {
  private writes = 0;
  private written = 0;
  private restsUntil = 0;
  private readonly maxEntries: number;
  private readonly maxBytes: number;
  private readonly batch = new GetBatch((names) => this.read(names));

  constructor(
    private readonly backend: PostgresBackend,
    { maxEntries = 1_000_000, maxBytes = 1024 ** 3 }: PostgresCacheBounds = {},
  ) {
    this.maxEntries = maxEntries;
    this.maxBytes = maxBytes;
  }

  async open(): Promise<void> {
    await this.backend.open();
    await this.backend.migrate('cache', CACHE_MIGRATIONS);
  }

  close(): Promise<void> {
    return this.backend.close();
  }

  now(): Promise<number> {
    return this.backend.now();
  }

  get(name: string): Promise<StoredEntry | undefined> {
    return this.batch.get(name);
  }

  async set(name: string, entry: StoredEntry, ttlMs: number): Promise<void> {
    await this.query(sql.BREAK_FILL, name);
    const body = JSON.stringify(entry);
    await this.query(sql.PUT, name, body, ttlMs);
    this.sweepNowAndThen(body);
  }

  /** Two statements: the second must see what a fill has stored that ended while the first waited for it. */
  async delete(name: string): Promise<boolean> {
    await this.query(sql.BREAK_FILL, name);
    return (await this.query<{ lived: boolean }>(sql.REMOVE, name)).rows[0]?.lived ?? false;
  }

  async touch(name: string, ttlMs: number): Promise<boolean> {
    return (await this.query(sql.TOUCH, name, ttlMs)).rowCount === 1;
  }

  async beginFill(name: string, owner: string, leaseMs: number): Promise<FillLease> {
    const { rows } = await this.query<{ granted: boolean; started_at: string }>(sql.BEGIN_FILL, name, owner, leaseMs);
    const [{ granted, started_at }] = rows;
    return { granted, startedAt: Number(started_at), entry: granted ? await this.get(name) : undefined };
  }

  async extendFill(name: string, owner: string, leaseMs: number): Promise<boolean> {
    return (await this.query(sql.EXTEND_FILL, name, owner, leaseMs)).rowCount === 1;
  }

  async endFill(name: string, owner: string, entry?: StoredEntry, ttlMs = 0): Promise<FillEnd> {
    const body = entry ? JSON.stringify(entry) : null;
    const { rows } = await this.query<FillEnd>(sql.END_FILL, name, owner, body, ttlMs);
    if (body) this.sweepNowAndThen(body);
    return rows[0] ?? { stored: false, awaited: false };
  }

  async versions(tags: readonly string[]): Promise<Version[]> {
    const { rows } = await this.backend.query<{ tag: string; version: string; created: boolean }>(sql.VERSIONS, [
      this.backend.namespace,
      [...new Set(tags)],
    ]);
    const found = new Map(rows.map(({ tag, version, created }) => [tag, { version: Number(version), created }]));
    return tags.map((tag) => found.get(tag)!);
  }

  async bump(tags: readonly string[]): Promise<void> {
    await this.backend.query(sql.BUMP, [this.backend.namespace, [...new Set(tags)]]);
  }

  private async read(names: string[]): Promise<Map<string, string>> {
    const { rows } = await this.backend.query<{ name: string; body: string }>(sql.GET, [this.backend.namespace, names]);
    return new Map(rows.map(({ name, body }) => [name, body]));
  }

  private query<Row>(statement: string, ...parameters: unknown[]): Promise<PostgresResult<Row>> {
    return this.backend.query<Row>(statement, [this.backend.namespace, ...parameters]);
  }

  private sweepNowAndThen(body: string): void {
    this.writes++;
    this.written += body.length;
    const due = this.writes >= SWEEP_EVERY || this.written >= this.maxBytes * SWEEP_EVERY_PART;
    if (due && performance.now() >= this.restsUntil) void this.sweep().catch(() => undefined);
  }

  private async sweep(): Promise<void> {
    const from = performance.now();
    this.restsUntil = Infinity;
    this.writes = this.written = 0;
    try {
      await this.query(sql.SWEEP, this.maxEntries, this.maxBytes);
      await this.query(sql.SWEEP_VERSIONS);
    } finally {
      const now = performance.now();
      this.restsUntil = now + REST * (now - from);
    }
  }
}
