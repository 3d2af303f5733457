import { LRUCache } from 'lru-cache';
import type { CacheDriver, Version } from '../cache.driver.js';
import type { InvalidationLog } from '../invalidation/invalidation-log.js';

/** Versions are asked for anew after this long, which also keeps them alive at the store. */
const REMEMBER_MS = 3_600_000;

/**
 * The versions of tags that this process knows. The bus keeps them right; while it is down, none is trusted and the
 * store is asked each time.
 */
export class VersionTable {
  private readonly known = new LRUCache<string, number>({ max: 20_000, ttl: REMEMBER_MS, ttlResolution: 1_000 });

  constructor(
    private readonly driver: CacheDriver,
    private readonly log: InvalidationLog,
    private readonly link: { readonly connected: boolean },
  ) {}

  forget(name: string): void {
    this.known.delete(name);
  }

  forgetAll(): void {
    this.known.clear();
  }

  /** Which of the names the store must be asked for. */
  unknown(names: readonly string[]): string[] {
    return this.link.connected ? names.filter((name) => !this.known.has(name)) : [...names];
  }

  /** The versions of all names; asks the store for those that are not known. */
  async of(names: readonly string[]): Promise<Map<string, Version>> {
    const missing = this.unknown(names);
    const asked = missing.length > 0 ? await this.ask(missing) : undefined;
    return new Map(
      names.map((name) => [name, asked?.get(name) ?? { version: this.known.get(name) ?? -1, created: false }]),
    );
  }

  /** Whether the versions that an entry was made under are all current. `asked` are answers fresh from the store. */
  match(versions: Record<string, number>, asked?: ReadonlyMap<string, Version>): boolean | Promise<boolean> {
    let unknown: string[] | undefined;
    for (const name in versions) {
      const current = asked?.get(name)?.version ?? (this.link.connected ? this.known.get(name) : undefined);
      if (current === undefined) (unknown ??= []).push(name);
      else if (current !== versions[name]) return false;
    }
    return unknown === undefined || this.askAndMatch(unknown, versions);
  }

  private async askAndMatch(names: readonly string[], versions: Record<string, number>): Promise<boolean> {
    const answers = await this.ask(names);
    return names.every((name) => answers.get(name)?.version === versions[name]);
  }

  async ask(names: readonly string[]): Promise<Map<string, Version>> {
    const since = this.log.now();
    const answers = await this.driver.versions(names);
    const map = new Map<string, Version>();
    names.forEach((name, index) => {
      map.set(name, answers[index]);
      if (this.link.connected && this.log.isTrusted(since) && this.log.areVersionsFresh([name], since))
        this.known.set(name, answers[index].version);
    });
    return map;
  }
}
