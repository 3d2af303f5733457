import type { CacheMessage } from './invalidation-bus.js';

const RETRY_MS = 500;

/**
 * Invalidations that the store or the bus did not take yet. They are repeated until both have; asking twice for one
 * name is asking once. Until then this process reads nothing of these names from the store.
 */
export class Recovery {
  private readonly keys = new Set<string>();
  private readonly versions = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    /** Does it all again; answers whether it went through. */
    private readonly retry: (message: { keys: string[]; versions: string[] }) => Promise<boolean>,
  ) {}

  get size(): number {
    return this.keys.size + this.versions.size;
  }

  add({ keys = [], versions = [] }: CacheMessage): void {
    for (const name of keys) this.keys.add(name);
    for (const name of versions) this.versions.add(name);
    if (this.size > 0) this.timer ??= setTimeout(() => void this.run(), RETRY_MS).unref();
  }

  concerns(name: string, versions: Record<string, number>): boolean {
    if (this.size === 0) return false;
    if (this.keys.has(name)) return true;
    for (const version in versions) if (this.versions.has(version)) return true;
    return false;
  }

  /** Tries at once, e.g. because the store is back. */
  async run(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.size === 0) return;
    const message = { keys: [...this.keys], versions: [...this.versions] };
    if (!(await this.retry(message))) return this.add(message);
    for (const name of message.keys) this.keys.delete(name);
    for (const name of message.versions) this.versions.delete(name);
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
