import { randomUUID } from 'node:crypto';
import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ClosedError, reason, type Bus } from '@rookery/core';
import type { CacheDriver } from './cache.driver.js';
import type { ClusterCacheModuleOptions } from './cache.options.js';
import type { CacheStats } from './cache.stats.js';
import { Fill } from './filling/fill.js';
import type { FillRequest, FillServices } from './filling/fill.request.js';
import { Flights } from './filling/flights.js';
import { Handoffs } from './filling/handoffs.js';
import type { Outcome } from './filling/outcome.js';
import { withPatience } from './filling/patience.js';
import { InvalidationBus } from './invalidation/invalidation-bus.js';
import { InvalidationLog } from './invalidation/invalidation-log.js';
import { Invalidator } from './invalidation/invalidator.js';
import { jsonSerializer } from './serializers/json.serializer.js';
import { Deadlines } from './tiers/deadlines.js';
import { LocalTier } from './tiers/local-tier.js';
import { SharedTier } from './tiers/shared-tier.js';
import { Tiers } from './tiers/tiers.js';
import { ENTRY_BYTES } from './tiers/weigh.js';

/** How the tiers of a process are. */
export interface CacheHealth {
  /** False while the store is left alone after failures in a row. */
  storeAvailable: boolean;
  /** False while invalidations by other replicas are being missed; then every read asks the store. */
  busConnected: boolean;
  /** Invalidations that the store or the bus has yet to take. */
  pendingInvalidations: number;
  l1Entries: number;
  /** Heap that the in-process tier takes, about. */
  l1Bytes: number;
}

/** What all namespaces of a cache share: the tiers, the link to the other replicas, and the fills under way. */
export class CacheEngine implements OnModuleInit, OnApplicationShutdown {
  readonly tiers: Tiers;
  readonly fills: FillServices;
  readonly statsOf = new Map<string, CacheStats>();
  private readonly link: InvalidationBus;
  private readonly flights: Flights;
  private readonly logger = new Logger('ClusterCache');
  private readonly warned = new Map<string, number>();
  private isOpen = false;

  constructor(
    driver: CacheDriver,
    bus: Bus,
    readonly options: ClusterCacheModuleOptions = {},
  ) {
    const log = new InvalidationLog();
    const origin = randomUUID();
    const link = (this.link = new InvalidationBus(bus, origin));
    const handoffs = new Handoffs();
    const l1 = options.l1 === false ? { ttlMs: 0, maxEntries: 1 } : (options.l1 ?? {});
    const local = new LocalTier(log, link, ENTRY_BYTES + (driver.heapPerEntry ?? 0), l1);
    const shared = new SharedTier(driver, log, link, this.events(), options);
    const invalidator = new Invalidator(
      local,
      shared,
      log,
      link,
      handoffs,
      new Deadlines('The bus', options.deadlineMs ?? 250),
    );
    this.tiers = new Tiers(local, shared, log, invalidator, options.compressAboveBytes);
    this.flights = new Flights(log);
    let fills = 0;
    this.fills = {
      tiers: this.tiers,
      handoffs,
      serializer: options.serializer ?? jsonSerializer(),
      defaults: options.defaults ?? {},
      newOwner: () => `${origin}:${++fills}`,
    };
  }

  async onModuleInit(): Promise<void> {
    await this.tiers.shared.open();
    await this.tiers.invalidator.open();
    this.isOpen = true;
  }

  async onApplicationShutdown(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    await this.tiers.invalidator.close();
    await this.tiers.shared.close();
  }

  /** @throws ClosedError before the app has started and after it has shut down */
  checkOpen(): void {
    if (!this.isOpen) throw new ClosedError('ClusterCache');
  }

  /** One fill per key; callers wait as long as their options say. */
  fill(request: FillRequest): Promise<Outcome> {
    const { defaults } = this.fills;
    let joined = true;
    const answer = this.flights.join(request.name, () => {
      joined = false;
      const fill = new Fill(this.fills, request);
      const done = fill.run();
      const patience = { ...defaults, ...request.options };
      return { done, answer: withPatience(done, request.key, () => fill.oldOutcome(), patience) };
    });
    if (joined) request.onWait?.();
    return answer;
  }

  /** Makes a value anew in the background, unless that is being done. */
  refresh(request: FillRequest): void {
    if (this.isOpen && !this.flights.has(request.name)) this.fill(request).catch(() => undefined);
  }

  health(): CacheHealth {
    const { local, shared, invalidator } = this.tiers;
    return {
      storeAvailable: !shared.breaker.open,
      busConnected: this.link.connected,
      pendingInvalidations: invalidator.recovery.size,
      l1Entries: local.count,
      l1Bytes: local.bytes,
    };
  }

  private events() {
    return {
      onAvailability: (available: boolean, cause?: unknown) => {
        if (available) {
          this.logger.log('The cache store answers again.');
          void this.tiers.invalidator.recovery.run();
        } else {
          const why = reason(cause).replace(/\.$/, '');
          this.logger.warn(`The cache store is left alone for now: ${why}. Values come from this process.`);
        }
      },
      onRefusal: (cause: unknown) => this.warnOnce(reason(cause), 'The cache store refused a write: '),
      onForeignData: (name: string, cause: Error) =>
        this.warnOnce(`${cause.message} (key "${name}")`, 'Not a cache entry, counted as a miss: '),
    };
  }

  /** The same trouble at most once a minute. */
  private warnOnce(what: string, prefix: string): void {
    const now = performance.now();
    if ((this.warned.get(what) ?? -Infinity) > now - 60_000) return;
    if (this.warned.size >= 100) this.warned.clear();
    this.warned.set(what, now);
    this.logger.warn(prefix + what);
  }
}
