import { afterCommit, type TransactionManager } from '@rookery/core';
import type { ClusterCache } from '../cache.service.js';
import type { EntryOptions } from '../entry.options.js';

/** The writes of a cache, put off until a transaction commits; on rollback they never happen. */
export class TransactionalCache {
  constructor(
    private readonly cache: ClusterCache,
    private readonly manager: TransactionManager,
  ) {}

  /** Stores the value after the commit. */
  set(key: string, value: unknown, options?: EntryOptions): void {
    afterCommit(this.manager, () => this.cache.set(key, value, options));
  }

  /** Removes these keys after the commit, on all replicas. */
  delete(...keys: string[]): void {
    afterCommit(this.manager, () => this.cache.deleteMany(keys));
  }

  /** Removes what carries one of these tags after the commit. */
  deleteByTag(...tags: string[]): void {
    afterCommit(this.manager, () => this.cache.deleteByTag(...tags));
  }

  /** Removes everything after the commit. */
  clear(): void {
    afterCommit(this.manager, () => this.cache.clear());
  }
}
