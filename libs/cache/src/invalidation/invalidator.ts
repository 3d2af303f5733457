import type { Handoffs } from '../filling/handoffs.js';
import type { Deadlines } from '../tiers/deadlines.js';
import type { LocalTier } from '../tiers/local-tier.js';
import { UNAVAILABLE, type SharedTier } from '../tiers/shared-tier.js';
import type { CacheMessage, InvalidationBus } from './invalidation-bus.js';
import type { InvalidationLog } from './invalidation-log.js';
import { Recovery, type Unfinished } from './recovery.js';

/**
 * Carries an invalidation everywhere, in this order: the store, this process, the other replicas. So nobody who hears
 * of it can read the old value from the store and keep it.
 */
export class Invalidator {
  readonly recovery = new Recovery((unfinished) => this.repeat(unfinished));

  constructor(
    private readonly local: LocalTier,
    private readonly shared: SharedTier,
    private readonly log: InvalidationLog,
    private readonly bus: InvalidationBus,
    private readonly handoffs: Handoffs,
    private readonly deadlines: Deadlines,
  ) {}

  async open(): Promise<void> {
    await this.bus.open(
      (message) => this.apply(message),
      () => this.onGap(),
    );
  }

  async close(): Promise<void> {
    await this.recovery.run();
    this.recovery.close();
    await this.bus.close();
  }

  /** Answers how many there were at the store. */
  async deleteKeys(keys: readonly string[]): Promise<number> {
    const outcomes = await Promise.all(keys.map((name) => this.shared.delete(name)));
    await this.announce({ keys }, outcomes.includes(UNAVAILABLE));
    return outcomes.filter((outcome) => outcome === true).length;
  }

  async bump(versions: readonly string[]): Promise<void> {
    const outcome = await this.shared.bump(versions);
    await this.announce({ versions }, outcome === UNAVAILABLE);
  }

  /**
   * Tells this process and the others. `missed`: the store has not done it, so it must be done again; then nobody waits
   * for the bus either, which is likely to be in the same trouble.
   */
  async announce(message: CacheMessage, missed = false): Promise<void> {
    this.apply(message);
    if (missed) this.recovery.add(message, true);
    else this.recovery.settle(message);
    const told = this.publish(message).then((ok) => {
      if (!ok) this.recovery.add(message, false);
    });
    if (!missed) await told;
  }

  /** Tells those who wait for a fill. When this is lost, they find out by looking. */
  filled(name: string): void {
    this.handoffs.wake(name);
    void this.publish({ filled: [name] });
  }

  private async repeat({ store, bus }: Unfinished): Promise<boolean> {
    const outcomes = await Promise.all([
      ...store.keys.map((name) => this.shared.delete(name)),
      ...(store.versions.length > 0 ? [this.shared.bump(store.versions)] : []),
    ]);
    this.apply(store);
    return !outcomes.includes(UNAVAILABLE) && (await this.publish(bus));
  }

  private publish(message: CacheMessage): Promise<boolean> {
    const told = this.bus.publish(message).then(() => true);
    return this.deadlines.within(told, () => false);
  }

  private apply({ keys = [], versions = [], filled = [] }: CacheMessage): void {
    for (const name of keys) {
      this.log.key(name);
      this.local.drop(name);
      this.handoffs.wake(name);
    }
    for (const name of versions) {
      this.shared.versions.forget(name);
      this.log.version(name);
    }
    for (const name of filled) this.handoffs.wake(name);
  }

  /** From here on nothing that was kept before is served before the store was asked about it. */
  private onGap(): void {
    this.log.gap();
    this.shared.versions.forgetAll();
    this.handoffs.wakeAll();
    void this.shared.clock.sync().catch(() => undefined);
    void this.recovery.run();
  }
}
