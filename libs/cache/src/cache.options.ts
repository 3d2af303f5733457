import type { Backend } from '@rookery/core';
import type { Keyv } from 'keyv';
import type { EntryOptions, FillOptions } from './entry.options.js';
import type { CacheSerializer } from './serializers/serializer.js';

/** Bounds of the in-process tier. */
export interface LocalTierOptions {
  /** Milliseconds that an entry is served without asking the store. @default 30000 */
  ttlMs?: number;
  /** @default 50000 */
  maxEntries?: number;
  /** Heap that all entries together may take, estimated. @default 67108864 (64 MiB) */
  maxBytes?: number;
}

/** When the store is given up, and how its return is noticed. */
export interface BreakerOptions {
  /** Failures in a row after which the store is left alone. @default 3 */
  failures?: number;
  /** Milliseconds between two looks whether it is back. No request waits for them. @default 500 */
  probeEveryMs?: number;
}

/** Options of `ClusterCacheModule.forRoot()`. */
export interface ClusterCacheModuleOptions {
  /** The store. @default the backend of ClusterModule, else memory() */
  backend?: Backend;
  /** A Redis of its own for the values, one that may evict; the bus stays on the backend. @default the backend's */
  l2Url?: string;
  /** Any Keyv store for the values; weaker than the others, see `KeyvCacheDriver`. The bus stays on the backend. @default none */
  keyv?: Keyv;
  /** What entries and fills use that set nothing else. */
  defaults?: Pick<FillOptions, 'softTimeoutMs' | 'hardTimeoutMs' | 'refreshAhead'> & Omit<EntryOptions, 'tags'>;
  /** The in-process tier, or `false` for none. */
  l1?: LocalTierOptions | false;
  /** Entries that Postgres, which evicts nothing by itself, keeps at most. @default 1000000 */
  l2MaxEntries?: number;
  /** Bytes of values, as Postgres stores them, that it keeps at most; about, since it looks now and then. @default 1073741824 (1 GiB) */
  l2MaxBytes?: number;
  /** Milliseconds that one step at the store may take before the cache goes on without it. @default 250 */
  deadlineMs?: number;
  /** When the store is left alone, and how its return is noticed. */
  breaker?: BreakerOptions;
  /** What values may be made of. @default jsonSerializer() */
  serializer?: CacheSerializer;
  /** Compresses what is larger at the store. @default never */
  compressAboveBytes?: number;
  /**
   * The tenant of the current call, put into every key; called for each operation, so read it from an
   * AsyncLocalStorage. Undefined: shared by all tenants. @default none
   */
  tenant?: () => string | undefined;
}
