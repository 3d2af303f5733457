import type { StoredEntry } from '../cache.driver.js';
import { tagVersion } from '../cache.names.js';
import { planOf, type EntryPlan } from '../entry.options.js';
import type { LocalEntry } from '../tiers/local-tier.js';
import { UNAVAILABLE, type Unavailable } from '../tiers/shared-tier.js';
import { numbersOf } from '../tiers/tiers.js';
import { LEASE_MS, type FillRequest, type FillServices } from './fill.request.js';
import { outcomeOf, type Outcome } from './outcome.js';
import { Production, type FillRight } from './production.js';

/** Waiters are told when a fill ends; this is for news that were lost. */
const POLL_MS = 250;

/** One fill: looks in the store, gets the right to fill, and has the value made, or waits for who makes it. */
export class Fill {
  private readonly since: number;
  private readonly plan: EntryPlan;
  private readonly versionNames: readonly string[];
  private old: LocalEntry | undefined;

  /** @throws InvalidInputError for bad options */
  constructor(
    private readonly services: FillServices,
    private readonly request: FillRequest,
  ) {
    this.since = services.tiers.log.now();
    this.plan = planOf(request.key, request.options, services.defaults);
    this.versionNames = [...request.clears, ...this.plan.tags.map(tagVersion)];
  }

  /** The old value, as long as it is in its grace and was not invalidated. */
  oldOutcome(): Outcome | undefined {
    const { old } = this;
    if (!old || performance.now() >= old.graceUntil) return undefined;
    return this.services.tiers.log.areVersionsFresh(old.versions, old.since) ? outcomeOf(old, 'l2') : undefined;
  }

  async run(): Promise<Outcome> {
    for (;;) {
      const found = await this.look();
      if (found === UNAVAILABLE) return this.withoutStore();
      if (found) return outcomeOf(found, 'l2');
      const outcome = await this.fillOrWait();
      if (outcome) return outcome;
    }
  }

  /** Undefined when another replica has just ended its fill, or should have. */
  private async fillOrWait(): Promise<Outcome | undefined> {
    const { tiers, handoffs, newOwner } = this.services;
    const { name, options, refreshBefore } = this.request;
    const place = handoffs.expect(name);
    const owner = newOwner();
    try {
      const [versions, lease] = await Promise.all([
        tiers.shared.versionsOf(this.versionNames),
        tiers.shared.beginFill(name, owner, LEASE_MS),
      ]);
      if (versions === UNAVAILABLE || lease === UNAVAILABLE) return await this.withoutStore();
      if (lease.granted) {
        const faster = await this.fasterOne(lease.entry);
        const known = numbersOf(this.versionNames, versions);
        if (!faster) return await this.make({ owner, versions: known, startedAt: lease.startedAt });
        await tiers.shared.endFill(name, owner);
        return outcomeOf(faster, 'l2');
      }
      const old = this.oldOutcome();
      if (old || refreshBefore !== undefined) return old ?? NOTHING;
      if (options.clusterFlight === false) return await this.make();
      this.request.onWait?.();
      await place.ended(POLL_MS);
      return undefined;
    } finally {
      place.leave();
    }
  }

  private async look(): Promise<LocalEntry | undefined | Unavailable> {
    const found = await this.services.tiers.read(this.request.name, this.versionNames, this.plan);
    if (found === undefined || found === UNAVAILABLE) return found;
    this.old = found;
    return this.isGood(found) ? found : undefined;
  }

  /** What another replica stored between our look and our lease. */
  private async fasterOne(stored: StoredEntry | undefined): Promise<LocalEntry | undefined> {
    const { tiers } = this.services;
    if (!stored || !(await tiers.shared.isCurrent(stored))) return undefined;
    const entry = await tiers.accept(this.request.name, stored, this.since, this.plan);
    return entry && this.isGood(entry) ? entry : undefined;
  }

  private isGood(entry: LocalEntry): boolean {
    return entry.expiresAt > Math.max(performance.now(), this.request.refreshBefore ?? 0);
  }

  /** The store is away: what this process has, or a factory run of its own. */
  private withoutStore(): Promise<Outcome> {
    const { local, log } = this.services.tiers;
    this.old = local.fallback(this.request.name, performance.now());
    const usable = this.old && this.isGood(this.old) && performance.now() < this.old.freshUntil;
    if (usable && log.isTrusted(this.old!.since)) return Promise.resolve(outcomeOf(this.old!, 'l1'));
    return this.make();
  }

  private make(right?: FillRight): Promise<Outcome> {
    const production = new Production(this.services, this.request, this.since, right);
    return production.run(this.versionNames, this.old, () => this.oldOutcome());
  }
}

const NOTHING: Outcome = { tree: undefined, status: 'miss', versions: [], expiresAt: 0 };
