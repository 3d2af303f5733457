import { DeadlineError } from '@rookery/core';
import {
  ForeignDataError,
  type CacheDriver,
  type FillEnd,
  type FillLease,
  type StoredEntry,
  type Version,
} from '../cache.driver.js';
import type { ClusterCacheModuleOptions } from '../cache.options.js';
import type { InvalidationLog } from '../invalidation/invalidation-log.js';
import { Breaker } from './breaker.js';
import { Deadlines } from './deadlines.js';
import { StoreClock } from './store-clock.js';
import { VersionTable } from './version-table.js';

/** The store did not answer in time, refused, or is left alone for now. Not an error: the cache goes on without it. */
export const UNAVAILABLE = Symbol('the store is unavailable');
export type Unavailable = typeof UNAVAILABLE;

export interface SharedTierEvents {
  /** The breaker opened (with the cause) or closed. */
  onAvailability(available: boolean, cause?: unknown): void;
  /** A write was refused while the store is up, e.g. out of memory. */
  onRefusal(cause: unknown): void;
  /** Somebody else's data under our key. */
  onForeignData(name: string, cause: Error): void;
}

/** The tier that all replicas share: the driver, held to deadlines, so that it can be slow, frozen or gone. */
export class SharedTier {
  readonly clock: StoreClock;
  readonly versions: VersionTable;
  readonly breaker: Breaker;
  private readonly deadlines: Deadlines;

  constructor(
    private readonly driver: CacheDriver,
    log: InvalidationLog,
    link: { readonly connected: boolean },
    private readonly events: SharedTierEvents,
    options: Pick<ClusterCacheModuleOptions, 'deadlineMs' | 'breaker'>,
  ) {
    this.deadlines = new Deadlines('The cache store', options.deadlineMs ?? 250);
    this.clock = new StoreClock(() => this.deadlines.within(driver.now()));
    this.versions = new VersionTable(driver, log, link);
    this.breaker = new Breaker(
      () => this.clock.sync(),
      () => void driver.reconnect?.().catch(() => undefined),
      (open, cause) => events.onAvailability(!open, cause),
      options.breaker,
    );
  }

  async open(): Promise<void> {
    await this.driver.open();
    await this.clock.open();
  }

  async close(): Promise<void> {
    this.breaker.close();
    this.clock.close();
    await this.driver.close();
  }

  /** The entry, if the versions it was made under are current. It may be past its time, in its grace. */
  read(name: string, versions: readonly string[]): Promise<StoredEntry | undefined | Unavailable> {
    return this.attempt(() => this.readNow(name, versions));
  }

  set(name: string, entry: StoredEntry, ttlMs: number): Promise<true | Unavailable> {
    return this.attemptWrite(() => this.driver.set(name, entry, ttlMs).then(() => true as const));
  }

  delete(name: string): Promise<boolean | Unavailable> {
    return this.attemptWrite(() => this.driver.delete(name));
  }

  touch(name: string, ttlMs: number): Promise<boolean | Unavailable> {
    return this.attemptWrite(() => this.driver.touch(name, ttlMs));
  }

  bump(versions: readonly string[]): Promise<true | Unavailable> {
    return this.attemptWrite(() => this.driver.bump(versions).then(() => true as const));
  }

  versionsOf(names: readonly string[]): Promise<Map<string, Version> | Unavailable> {
    return this.attemptWrite(() => this.versions.of(names));
  }

  beginFill(name: string, owner: string, leaseMs: number): Promise<FillLease | Unavailable> {
    return this.attemptWrite(() => this.driver.beginFill(name, owner, leaseMs));
  }

  extendFill(name: string, owner: string, leaseMs: number): Promise<boolean | Unavailable> {
    return this.attemptWrite(() => this.driver.extendFill(name, owner, leaseMs));
  }

  endFill(name: string, owner: string, entry?: StoredEntry, ttlMs?: number): Promise<FillEnd | Unavailable> {
    return this.attemptWrite(() => this.driver.endFill(name, owner, entry, ttlMs));
  }

  /** Whether the versions that the entry was made under are still current. */
  async isCurrent(entry: StoredEntry): Promise<boolean> {
    return (await this.attempt(async () => this.versions.match(entry.t))) === true;
  }

  /** Both questions leave in one packet, so that also the first read of a tag is one round trip. */
  private readNow(name: string, versions: readonly string[]): Promise<StoredEntry | undefined> {
    const unknown = this.versions.unknown(versions);
    const asking = unknown.length > 0 ? this.versions.ask(unknown) : undefined;
    asking?.catch(() => undefined);
    const judge = (entry: StoredEntry | undefined) => {
      this.breaker.succeeded();
      return entry && (asking ? asking.then((asked) => this.ifCurrent(entry, asked)) : this.ifCurrent(entry));
    };
    return this.driver.get(name).then(judge, (error: unknown) => {
      if (!(error instanceof ForeignDataError)) throw error;
      this.events.onForeignData(name, error);
      return undefined;
    });
  }

  private ifCurrent(entry: StoredEntry, asked?: ReadonlyMap<string, Version>) {
    const matches = this.versions.match(entry.t, asked);
    const choose = (yes: boolean) => (yes ? entry : undefined);
    return typeof matches === 'boolean' ? choose(matches) : matches.then(choose);
  }

  private attempt<T>(work: () => Promise<T>): Promise<T | Unavailable> {
    if (this.breaker.open) return Promise.resolve(UNAVAILABLE);
    return this.deadlines.within(work(), (error) => {
      this.breaker.failed(error);
      return UNAVAILABLE;
    });
  }

  /** A write that is refused at once (out of memory, read-only) says nothing about reads: these may go on. */
  private attemptWrite<T>(work: () => Promise<T>): Promise<T | Unavailable> {
    if (this.breaker.open) return Promise.resolve(UNAVAILABLE);
    return this.deadlines.within(work(), (error) => {
      if (error instanceof DeadlineError) this.breaker.failed(error);
      else this.events.onRefusal(error);
      return UNAVAILABLE;
    });
  }
}
