/** What the store keeps for a key. Short names, because they are written with every value. */
export interface StoredEntry {
  /** The value, as the serializer made it: something JSON carries. */
  v: unknown;
  /** When the value becomes stale, in milliseconds by the store's clock. After that it lives on for its grace. */
  x: number;
  /** Its grace in milliseconds. */
  g?: number;
  /** With sliding expiry: to how long each read prolongs its life. */
  s?: number;
  /** Set when `v` is compressed. */
  z?: 1;
  /** The versions of the tags (and of `clear`) under which the value was made; it is dead when any has changed. */
  t: Record<string, number>;
}

/** Whether what a store gave back is an entry of ours. */
export function isStoredEntry(value: unknown): value is StoredEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { x, t } = value as Partial<StoredEntry>;
  return typeof x === 'number' && typeof t === 'object' && t !== null && 'v' in value;
}

/** The answer to a request to fill a key. */
export interface FillLease {
  /** False when another replica is filling the key; it will tell when it is done. */
  granted: boolean;
  /** What the store had when the lease was granted: another replica may have been faster. */
  entry?: StoredEntry;
  /** The store's time in microseconds: nothing that the factory reads is older. */
  startedAt: number;
}

/** How a fill ended. */
export interface FillEnd {
  /** False when the lease was lost, by an invalidation or by time: the value is not in the store. */
  stored: boolean;
  /** Whether other replicas wait for this key and must be told. */
  awaited: boolean;
}

/** A version of a tag. */
export interface Version {
  /** Grows with every invalidation; starts at the store's time in microseconds, so that a lost one never comes back. */
  version: number;
  /** The store knew none and has just made it. */
  created: boolean;
}

/** The store has something else than a cache entry under our key. */
export class ForeignDataError extends Error {}

/**
 * What a store must be able to do for the cache. Names are checked by the service. Expiry is judged by the store's
 * clock; logs nothing and throws raw errors. Any entry, lease or version may be lost at any time: that makes misses.
 */
export interface CacheDriver {
  /** Heap of this process that each entry takes beside its value; it counts against the in-process tier's bound. */
  readonly heapPerEntry?: number;
  /** Connects and makes what must be there. Once, before anything else. */
  open(): Promise<void>;
  /** Gives everything back. Idempotent. */
  close(): Promise<void>;
  /** The store's time in milliseconds; also the proof that it answers. */
  now(): Promise<number>;
  /** Undefined when there is none. @throws ForeignDataError when what is there is not ours */
  get(name: string): Promise<StoredEntry | undefined>;
  /** Stores, and ends the lease of a fill under way: what it brings is older. */
  set(name: string, entry: StoredEntry, ttlMs: number): Promise<void>;
  /** Removes, and ends the lease of a fill under way. False when there was none. */
  delete(name: string): Promise<boolean>;
  /** Lets the entry live for `ttlMs` from now. False when there is none. */
  touch(name: string, ttlMs: number): Promise<boolean>;
  /** Asks for the right to fill the key. */
  beginFill(name: string, owner: string, leaseMs: number): Promise<FillLease>;
  /** Starts the lease anew. False when it is lost. */
  extendFill(name: string, owner: string, leaseMs: number): Promise<boolean>;
  /** Ends the lease, and stores the entry if there is one and the lease was still the owner's. */
  endFill(name: string, owner: string, entry?: StoredEntry, ttlMs?: number): Promise<FillEnd>;
  /** The versions of tags, in the order asked; missing ones are made. */
  versions(tags: readonly string[]): Promise<Version[]>;
  /** Gives each tag a new, higher version. */
  bump(tags: readonly string[]): Promise<void>;
  /** Makes a new connection, since the old one may be dead without a word. Left out where each call finds its own. */
  reconnect?(): Promise<void>;
}
