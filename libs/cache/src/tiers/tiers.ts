import type { StoredEntry, Version } from '../cache.driver.js';
import type { EntryPlan } from '../entry.options.js';
import type { InvalidationLog } from '../invalidation/invalidation-log.js';
import type { Invalidator } from '../invalidation/invalidator.js';
import { storeLife, toLocal, toStored, treeOf, type LocalPlan } from './entry-codec.js';
import type { LocalEntry, LocalTier } from './local-tier.js';
import { UNAVAILABLE, type SharedTier, type Unavailable } from './shared-tier.js';

/** Both tiers as one: what comes from the store is kept here, unless it was invalidated on its way. */
export class Tiers {
  constructor(
    readonly local: LocalTier,
    readonly shared: SharedTier,
    readonly log: InvalidationLog,
    readonly invalidator: Invalidator,
    private readonly compressAboveBytes?: number,
  ) {}

  /** Looks in the store. The entry may be past its time, in its grace. */
  read(name: string, versions: readonly string[], plan: LocalPlan): Promise<LocalEntry | undefined | Unavailable> {
    const since = this.log.now();
    return this.shared
      .read(name, versions)
      .then((stored) =>
        stored === undefined || stored === UNAVAILABLE ? stored : this.accept(name, stored, since, plan),
      );
  }

  /** Takes over what the store had; undefined when an invalidation of ours has yet to reach the store. */
  accept(
    name: string,
    stored: StoredEntry,
    since: number,
    plan: LocalPlan,
  ): LocalEntry | undefined | Promise<LocalEntry | undefined> {
    if (this.invalidator.recovery.concerns(name, stored.t)) return undefined;
    if (stored.z) return treeOf(stored).then((tree) => this.take(name, stored, tree, since, plan));
    return this.take(name, stored, stored.v, since, plan);
  }

  private take(name: string, stored: StoredEntry, tree: unknown, since: number, plan: LocalPlan): LocalEntry {
    if (stored.s !== undefined) {
      const left = stored.x - this.shared.clock.now();
      void this.shared.touch(name, Math.max(1, Math.min(stored.s, left)));
    }
    const entry = this.toLocal(stored, tree, since, plan);
    this.keep(name, entry, plan);
    return entry;
  }

  /** What is to be stored for the value. */
  toStored(tree: unknown, plan: EntryPlan, versions: Record<string, number>): Promise<StoredEntry> {
    return toStored(tree, plan, versions, this.shared.clock.now(), this.compressAboveBytes);
  }

  toLocal(
    stored: StoredEntry,
    tree: unknown,
    since: number,
    { l1, l1TtlMs = this.local.ttlMs }: LocalPlan,
  ): LocalEntry {
    return toLocal(stored, tree, { since, storeNow: this.shared.clock.now() }, { l1, l1TtlMs });
  }

  /** Stores a value; the other replicas learn that theirs is old. */
  async write(name: string, tree: unknown, plan: EntryPlan, versionNames: readonly string[]): Promise<void> {
    const since = this.log.now();
    const versions = await this.shared.versionsOf(versionNames);
    const stored = await this.toStored(tree, plan, numbersOf(versionNames, versions));
    const outcome = versions === UNAVAILABLE ? UNAVAILABLE : await this.shared.set(name, stored, storeLife(plan));
    const entry = this.toLocal(stored, tree, since, plan);
    const fresh = this.log.isFresh(name, entry.versions, since);
    const announced = this.invalidator.announce({ keys: [name] }, outcome === UNAVAILABLE);
    // Our own announcement has just dropped the key here; the value that it announced is the one to keep.
    if (fresh) this.keep(name, { ...entry, since: this.log.now() }, plan);
    await announced;
  }

  keep(name: string, entry: LocalEntry, plan: LocalPlan): void {
    if (plan.l1 && entry.freshUntil > performance.now() && this.log.isFresh(name, entry.versions, entry.since))
      this.local.put(name, entry);
  }
}

/** Without the store there are no versions to store; the names still say what the value depends on. */
export function numbersOf(
  names: readonly string[],
  versions: ReadonlyMap<string, Version> | Unavailable,
): Record<string, number> {
  const known = versions === UNAVAILABLE ? undefined : versions;
  return Object.fromEntries(names.map((name) => [name, known?.get(name)?.version ?? 0]));
}
