import { traced } from '@rookery/core';
import type { CacheEngine } from './cache.engine.js';
import { CacheValueError } from './cache.errors.js';
import type { CacheScope } from './cache.names.js';
import { CacheStats } from './cache.stats.js';
import { checkFill, type FillOptions, type ReadOptions } from './entry.options.js';
import type { CacheFactory } from './filling/fill.context.js';
import type { FillRequest } from './filling/fill.request.js';
import { outcomeOf, type CacheStatus, type Outcome } from './filling/outcome.js';
import type { LocalEntry } from './tiers/local-tier.js';
import { UNAVAILABLE } from './tiers/shared-tier.js';

/** A value and where it came from. */
export interface CacheLookup<T> {
  value: T | undefined;
  status: CacheStatus;
}

/** How one namespace reads from the tiers and fills them: names, counts and decodes what passes. */
export class CacheAccess {
  readonly counters: CacheStats;

  constructor(
    readonly engine: CacheEngine,
    readonly scope: CacheScope,
  ) {
    this.counters = engine.statsOf.get(scope.path) ?? new CacheStats();
    engine.statsOf.set(scope.path, this.counters);
  }

  /** @throws ClosedError, InvalidInputError */
  checked(key: string): string {
    this.engine.checkOpen();
    return this.scope.checkedName(key);
  }

  /** What the in-process tier may serve at once. Needs no check of the key: a bad one is not in there. */
  fresh(key: string, now: number): LocalEntry | undefined {
    return this.engine.tiers.local.fresh(this.scope.name(key), now);
  }

  find(key: string, { l1 = true }: ReadOptions): Promise<Outcome> {
    const name = this.checked(key);
    const { tiers } = this.engine;
    const local = l1 ? this.fresh(key, performance.now()) : undefined;
    if (local) return Promise.resolve(outcomeOf(local, 'l1'));
    return traced('cache:get', { key }, () => tiers.read(name, this.scope.clears, { l1 })).then((found) => {
      if (found !== UNAVAILABLE) return found ? outcomeOf(found, 'l2') : MISS;
      const fallback = tiers.local.fallback(name, performance.now());
      return fallback ? outcomeOf(fallback, 'l1') : MISS;
    });
  }

  async findOrFill<T>(
    key: string,
    factory: CacheFactory<T>,
    options: FillOptions,
    onWait?: () => void,
  ): Promise<CacheLookup<T>> {
    const local = options.l1 === false ? undefined : this.fresh(key, performance.now());
    if (!local) return this.fill(key, factory, options, onWait);
    const { status } = outcomeOf(local, 'l1');
    this.counters.count(status);
    this.refreshAhead(key, local.expiresAt, factory, options);
    return { value: this.valueOf<T>(local.tree, options), status };
  }

  /** @param onWait called when somebody else is making the value already */
  async fill<T>(
    key: string,
    factory: CacheFactory<T>,
    options: FillOptions,
    onWait?: () => void,
  ): Promise<CacheLookup<T>> {
    const outcome = await this.engine.fill({ ...this.request(key, factory, options), onWait });
    this.counters.count(outcome.status);
    if (outcome.status !== 'miss') this.refreshAhead(key, outcome.expiresAt, factory, options);
    return { value: this.valueOf<T>(outcome.tree, options), status: outcome.status };
  }

  refreshAhead<T>(key: string, expiresAt: number, factory: CacheFactory<T>, options: FillOptions): void {
    const { defaults } = this.engine.fills;
    const part = options.refreshAhead ?? defaults.refreshAhead;
    if (part === undefined) return;
    const ttlMs = options.ttlMs ?? defaults.ttlMs ?? 300_000;
    const now = performance.now();
    if (expiresAt - now > ttlMs * (1 - part)) return;
    this.engine.refresh({ ...this.request(key, factory, options), refreshBefore: now + ttlMs * (1 - part) });
  }

  valueOf<T>(tree: unknown, { clone }: ReadOptions): T | undefined {
    const { serializer } = this.engine.fills;
    if (tree === undefined) return undefined;
    if (clone && serializer.sharesTree) return structuredClone(tree) as T;
    return serializer.decode(tree) as T;
  }

  /** @throws CacheValueError */
  encode(key: string, value: unknown): unknown {
    return this.engine.fills.serializer.encode(value, (path, problem) => {
      throw new CacheValueError(key, path, problem);
    });
  }

  private request<T>(key: string, factory: CacheFactory<T>, options: FillOptions): FillRequest {
    const name = this.checked(key);
    checkFill(key, options);
    return { name, key, clears: this.scope.clears, options, factory, stats: this.counters };
  }
}

const MISS: Outcome = { tree: undefined, status: 'miss', versions: [], expiresAt: 0 };
