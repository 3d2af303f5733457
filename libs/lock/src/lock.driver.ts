/** How a lock is shared: alone, with other readers, or with as many as there are permits. */
export type LockMode = 'exclusive' | 'shared' | 'permits';

/** Who asks for what. */
export interface LockGrant {
  /** Sorted and without doubles; granted all together or not at all. */
  keys: readonly string[];
  /** Unique per acquisition, not per process: `<replica>/<anything>`. */
  owner: string;
  ttlMs: number;
  mode: LockMode;
  /** How many permits each key has; 1 unless the mode is `permits`. */
  permits: number;
  /** How many of them are asked for. */
  weight: number;
}

/** Whom a call has handed a lock that they were in line for. They hold it for a moment only and must ask for it now. */
export interface HandedOver {
  /** Owners, as in {@link LockGrant}. */
  wake: readonly string[];
  /** Whether the store has told those of other replicas already, over the backend's bus. */
  told?: boolean;
}

/** What came of asking for a lock. */
export type LockAnswer = HandedOver &
  (
    | { status: 'granted'; token: number }
    | { status: 'busy' }
    /** The key is in use in a way that this grant cannot share: `permits` beside another mode or number. */
    | { status: 'mismatch'; key: string; inUse: string }
    /** Another holder waits to upgrade too: each would wait for the other to leave. */
    | { status: 'deadlock' }
  );

/** One who holds a key. */
export interface LockHolder {
  owner: string;
  weight: number;
  token: number;
  /** By the store's clock, milliseconds until the lease ends. */
  expiresInMs: number;
}

/** What a store knows about a key that is held. */
export interface LockRecord {
  key: string;
  mode: LockMode;
  permits: number;
  holders: LockHolder[];
  /** How many stand in the store's line: at most two per process, for a lock on one key. */
  waiters: number;
}

/**
 * What a store must be able to do for locks. Judges leases by the store's clock, keeps a line of those who wait, and
 * hands a key that becomes free to the first of them; logs nothing and throws raw errors.
 */
export interface LockDriver {
  /** Whether calls reach the store in the order in which they are made, answered or not. */
  readonly inOrder: boolean;

  /** Connects and makes what must be there. Once, before anything else. */
  open(): Promise<void>;
  /** Gives everything back. Idempotent. */
  close(): Promise<void>;

  /**
   * Grants the keys when they are free for this mode and nobody who came earlier is in line for them. Asked again by the
   * same owner, it starts the lease anew (the first answer may have been lost). An owner that is the only one to share a
   * key may ask for it exclusively, before everybody in line.
   *
   * A token is `max(last token of the keys + 1, the store's time in microseconds)`: it grows with every grant of each
   * key, also when the store has lost its data.
   *
   * @param waitedMs how long the owner has been waiting; it then stands in line by that when the keys are not free, and
   *   keeps the keys before the first that is not for `RESERVED_MS` from each time it asks (their order is
   *   everybody's, so nobody waits in a circle). Who stops asking is dropped from the line after `PATIENCE_MS`.
   *   Without it a busy answer leaves no trace.
   */
  acquire(grant: LockGrant, waitedMs?: number): Promise<LockAnswer>;

  /** Starts the lease anew, under the heir's name if one is given. False when the owner does not hold all the keys. */
  extend(grant: LockGrant, heir?: string): Promise<boolean>;

  /** Ends the owner's leases and its places in line. `released` is false when it did not hold all the keys. */
  release(grant: LockGrant): Promise<HandedOver & { released: boolean }>;

  /** What is known about a key; null when nobody holds it. */
  inspect(key: string): Promise<LockRecord | null>;

  /** Keys that are held and begin with `prefix`, at most `limit`, sorted. */
  list(prefix: string, limit: number): Promise<string[]>;
}

/** How long a waiter that does not ask again keeps its place in the store's line. */
export const PATIENCE_MS = 2_000;

/** How long a key that was handed to a waiter stays reserved for it: longer than it takes to ask without a wake-up. */
export const RESERVED_MS = 1_500;
