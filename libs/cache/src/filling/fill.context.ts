import type { EntryOptions } from '../entry.options.js';

/** What a factory can see and say. */
export class FillContext<T = unknown> {
  private overrides: EntryOptions = {};
  private unwanted = false;

  constructor(
    /** The old value, still in its grace: for factories that can ask "has it changed?". */
    readonly previous: T | undefined,
  ) {}

  /**
   * Options that only the value tells; they replace those of the call.
   *
   * @example context.set({ ttlMs: token.expiresInMs, tags: [`user:${user.id}`] })
   */
  set(options: EntryOptions): void {
    this.overrides = { ...this.overrides, ...options };
  }

  /** The value goes to the callers and is not kept. */
  skip(): void {
    this.unwanted = true;
  }

  /** @internal */
  get chosen(): EntryOptions {
    return this.overrides;
  }

  /** @internal */
  get skipped(): boolean {
    return this.unwanted;
  }
}

/** Makes the value for a key. `undefined` is not kept; `null` is a value. */
export type CacheFactory<T> = (context: FillContext<T>) => T | undefined | Promise<T | undefined>;
