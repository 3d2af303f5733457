import { afterCommit, type TransactionManager } from '@rookery/core';
import type { ClusterCache } from '../cache.service.js';
import type { EntryOptions } from '../entry.options.js';

/** The writes of a cache, put off until a transaction commits; on rollback they never happen. */
export class TransactionalCache {
  constructor(
    private readonly cache: ClusterCache,
    private readonly manager: TransactionManager,
  ) {}

  set(key: string, value: unknown, options?: EntryOptions): void {
    afterCommit(this.manager, () => this.cache.set(key, value, options));
  }

  delete(...keys: string[]): void {
    afterCommit(this.manager, () => this.cache.deleteMany(keys));
  }

  deleteByTag(...tags: string[]): void {
    afterCommit(this.manager, () => this.cache.deleteByTag(...tags));
  }

  clear(): void {
    afterCommit(this.manager, () => this.cache.clear());
  }
}
