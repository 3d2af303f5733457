import type { Replica } from './registry/replica.js';

/** Everyone who lives, and what time it is at the store. */
export interface RegistryView {
  replicas: Replica[];
  /** Milliseconds since the epoch. */
  storeTime: number;
}

/** What a store does for the registry. All judge by the store's clock. */
export interface RegistryDriver {
  /** Connects, and makes the tables where there are any. */
  open(): Promise<void>;
  close(): Promise<void>;

  /** Writes the record, which lives `goneAfterMs` from now, drops those that ended, and tells who is left. */
  beat(replica: Replica, goneAfterMs: number): Promise<RegistryView>;

  /** Those whose records have not ended. */
  list(): Promise<RegistryView>;

  /** Removes the record; removing an absent one is no error. */
  leave(id: string): Promise<void>;
}
