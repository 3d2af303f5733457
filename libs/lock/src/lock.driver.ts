/** Who asks for what. */
export interface LockGrant {
  key: string;
  /** Unique per acquisition, not per process. */
  owner: string;
  ttlMs: number;
}

/**
 * What a store must be able to do for locks. Judges leases by the store's clock; logs nothing and throws raw errors.
 */
export interface LockDriver {
  open(): Promise<void>;
  close(): Promise<void>;

  /**
   * Grants the key when it is free or its lease has ended: answers the fencing token. Answers `null` when somebody else
   * holds it. Asked again by the same owner, it starts the lease anew (the first answer may have been lost).
   *
   * The token is `max(last token of the key + 1, the store's time in microseconds)`: it grows with every grant, also
   * when the store has lost its data.
   */
  acquire(grant: LockGrant): Promise<number | null>;

  /** Starts the lease anew. False when the owner no longer holds it. */
  extend(grant: LockGrant): Promise<boolean>;

  /** Ends the lease. False when the owner no longer holds it. */
  release(key: string, owner: string): Promise<boolean>;
}
