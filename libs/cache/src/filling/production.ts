import { traced } from '@rookery/core';
import { CacheValueError } from '../cache.errors.js';
import { tagVersion } from '../cache.names.js';
import { planOf, type EntryPlan } from '../entry.options.js';
import { storeLife } from '../tiers/entry-codec.js';
import type { LocalEntry } from '../tiers/local-tier.js';
import { UNAVAILABLE } from '../tiers/shared-tier.js';
import { numbersOf } from '../tiers/tiers.js';
import { LEASE_MS, type FillRequest, type FillServices } from './fill.request.js';
import { FillContext } from './fill.context.js';
import type { Outcome } from './outcome.js';

/** After a factory has failed, the old value is served this long before it is tried again. */
const BACKOFF_MS = 2_000;

/** The right to store what a factory makes. */
export interface FillRight {
  owner: string;
  /** The versions under which the factory began. */
  versions: Record<string, number>;
  /** The store's time in microseconds when it began. */
  startedAt: number;
}

/** Runs a factory and stores its value; without a right the value stays in this process. */
export class Production {
  constructor(
    private readonly services: FillServices,
    private readonly request: FillRequest,
    private readonly since: number,
    private readonly right?: FillRight,
  ) {}

  async run(
    versionNames: readonly string[],
    old: LocalEntry | undefined,
    oldOutcome: () => Outcome | undefined,
  ): Promise<Outcome> {
    const { serializer } = this.services;
    const context = new FillContext<never>(old && (serializer.decode(old.tree) as never));
    try {
      const value = await this.callFactory(context);
      if (value === undefined) {
        await this.release();
        return { tree: undefined, status: 'miss', versions: versionNames, expiresAt: 0 };
      }
      return await this.store(this.encode(value), context);
    } catch (error) {
      await this.release();
      const outcome = oldOutcome();
      if (!outcome || error instanceof CacheValueError) throw error;
      this.holdOn(old!);
      return outcome;
    }
  }

  private async callFactory(context: FillContext<never>): Promise<unknown> {
    const { stats, name, key, factory } = this.request;
    const { shared } = this.services.tiers;
    const renewal =
      this.right && setInterval(() => void shared.extendFill(name, this.right!.owner, LEASE_MS), LEASE_MS / 3);
    const began = performance.now();
    stats.factoryRuns++;
    try {
      return await traced('cache:factory', { key }, async () => factory(context));
    } catch (error) {
      stats.factoryErrors++;
      throw error;
    } finally {
      clearInterval(renewal);
      stats.factoryMs += performance.now() - began;
    }
  }

  private async store(tree: unknown, context: FillContext<never>): Promise<Outcome> {
    const { tiers, defaults } = this.services;
    const { key, name, options, clears } = this.request;
    const plan = planOf(key, { ...options, ...context.chosen }, defaults);
    const names = [...clears, ...plan.tags.map(tagVersion)];
    const versions = context.skipped ? undefined : await this.versionsFor(names);
    const stored = await tiers.toStored(tree, plan, versions ?? numbersOf(names, UNAVAILABLE));
    const local = tiers.toLocal(stored, tree, this.since, plan);
    const wanted = versions !== undefined && tiers.log.isFresh(name, names, this.since);
    const accepted = this.right ? await this.endFill(wanted ? stored : undefined, plan) : true;
    if (accepted && !context.skipped) tiers.keep(name, local, plan);
    return { tree, status: 'miss', versions: names, expiresAt: local.expiresAt };
  }

  /**
   * The versions that the value was made under. Tags that the factory named are looked up only now: one that is newer
   * than the factory's begin may have been invalidated meanwhile, and then the value must not be stored.
   */
  private async versionsFor(names: readonly string[]): Promise<Record<string, number> | undefined> {
    if (!this.right) return undefined;
    const { versions, startedAt } = this.right;
    const late = names.filter((name) => versions[name] === undefined);
    const result = Object.fromEntries(names.map((name) => [name, versions[name]]));
    if (late.length === 0) return result;
    const answers = await this.services.tiers.shared.versionsOf(late);
    if (answers === UNAVAILABLE) return undefined;
    for (const [name, { version, created }] of answers) {
      if (!created && version > startedAt) return undefined;
      result[name] = version;
    }
    return result;
  }

  /** Whether the value may be kept in this process. */
  private async endFill(stored: Parameters<typeof this.services.tiers.shared.endFill>[2], plan: EntryPlan) {
    const { tiers } = this.services;
    const end = await tiers.shared.endFill(this.request.name, this.right!.owner, stored, storeLife(plan));
    if (end === UNAVAILABLE) return true;
    if (end.awaited) tiers.invalidator.filled(this.request.name);
    return end.stored;
  }

  /** Lets the next one try, at once. */
  private async release(): Promise<void> {
    if (!this.right) return;
    const { shared, invalidator } = this.services.tiers;
    const end = await shared.endFill(this.request.name, this.right.owner);
    if (end !== UNAVAILABLE && end.awaited) invalidator.filled(this.request.name);
  }

  private holdOn(old: LocalEntry): void {
    const freshUntil = Math.min(performance.now() + BACKOFF_MS, old.graceUntil);
    this.services.tiers.keep(this.request.name, { ...old, freshUntil }, { l1: this.request.options.l1 ?? true });
  }

  private encode(value: unknown): unknown {
    const { key } = this.request;
    return this.services.serializer.encode(value, (path, problem) => {
      throw new CacheValueError(key, path, problem);
    });
  }
}
