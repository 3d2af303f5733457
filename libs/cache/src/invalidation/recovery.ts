import type { CacheMessage } from './invalidation-bus.js';

const RETRY_MS = 500;

/** What has to be done again. */
export interface Unfinished {
  /** Keys and versions whose invalidation the store has not taken. */
  store: Required<Pick<CacheMessage, 'keys' | 'versions'>>;
  /** Those, and the ones that only the other replicas have to hear of. */
  bus: Required<Pick<CacheMessage, 'keys' | 'versions'>>;
}

/**
 * Invalidations that the store or the bus did not take yet. They are repeated until both have; asking twice for one
 * name is asking once. Until then this process reads nothing of these names from the store.
 */
export class Recovery {
  private readonly keys = new Map<string, Mark>();
  private readonly versions = new Map<string, Mark>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    /** Does it all again; answers whether it went through. */
    private readonly retry: (unfinished: Unfinished) => Promise<boolean>,
  ) {}

  get size(): number {
    return this.keys.size + this.versions.size;
  }

  add({ keys = [], versions = [] }: CacheMessage, atStore: boolean): void {
    for (const name of keys) this.keys.set(name, { atStore: atStore || this.keys.get(name)?.atStore === true });
    for (const name of versions)
      this.versions.set(name, { atStore: atStore || this.versions.get(name)?.atStore === true });
    if (this.size > 0) this.timer ??= setTimeout(() => void this.run(), RETRY_MS).unref();
  }

  /** The store has taken something newer for these names. */
  settle({ keys = [], versions = [] }: CacheMessage): void {
    for (const name of keys) this.keys.delete(name);
    for (const name of versions) this.versions.delete(name);
  }

  concerns(name: string, versions: Record<string, number>): boolean {
    if (this.size === 0) return false;
    if (this.keys.get(name)?.atStore) return true;
    for (const version in versions) if (this.versions.get(version)?.atStore) return true;
    return false;
  }

  /** Tries at once, e.g. because the store is back. */
  async run(): Promise<void> {
    this.close();
    if (this.size === 0) return;
    const keys = [...this.keys];
    const versions = [...this.versions];
    const bus = { keys: names(keys), versions: names(versions) };
    const store = { keys: names(keys.filter(isForStore)), versions: names(versions.filter(isForStore)) };
    if (await this.retry({ store, bus })) {
      // What was added again meanwhile is another mark, and stays.
      for (const [name, mark] of keys) if (this.keys.get(name) === mark) this.keys.delete(name);
      for (const [name, mark] of versions) if (this.versions.get(name) === mark) this.versions.delete(name);
    }
    this.add({}, false);
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}

/** False `atStore` when the store has taken it, and only the bus has not. */
interface Mark {
  atStore: boolean;
}

const names = (entries: readonly (readonly [string, Mark])[]) => entries.map(([name]) => name);
const isForStore = ([, { atStore }]: readonly [string, Mark]) => atStore;
