import type { TransactionManager } from '@rookery/core';
import type { EntityManager, ObjectLiteral, Repository } from 'typeorm';
import type { Lock } from '../lock.handle.js';
import { assertFence } from './assert-fence.js';

/** What a fenced write needs of a lock: each of its keys is a fenced resource. */
export type Fence = Pick<Lock, 'key' | 'fencingToken'> & Partial<Pick<Lock, 'keys'>>;

/** The methods of a repository that write. */
const WRITES = [
  'save',
  'insert',
  'update',
  'upsert',
  'remove',
  'delete',
  'softRemove',
  'softDelete',
  'recover',
  'restore',
  'increment',
  'decrement',
] as const;

/** A repository's writes, each refused when its lock has gone to somebody else. */
export type FencedRepository<Of> = Pick<Of, Extract<keyof Of, (typeof WRITES)[number]>>;

/**
 * Runs `work` in a transaction that a stale holder of the lock cannot commit: {@link assertFence}, then the work.
 *
 * @throws StaleFenceError when a newer holder has written; nothing is written then
 * @example
 * await fencedTransaction(dataSource.manager, lock, async (manager) => {
 *   await manager.save(invoice);
 *   await manager.insert(Posting, postings);
 * });
 */
export async function fencedTransaction<Manager extends TransactionManager, T>(
  manager: Manager,
  fence: Fence,
  work: (manager: Manager) => Promise<T>,
): Promise<T> {
  return (manager as unknown as EntityManager).transaction(async (transaction) => {
    for (const key of fence.keys ?? [fence.key]) await assertFence(transaction, key, fence.fencingToken);
    return work(transaction as unknown as Manager);
  });
}

/**
 * The writes of a repository, each in a {@link fencedTransaction} of its own, or in the one the repository is in.
 *
 * @throws StaleFenceError from each method, when a newer holder has written
 * @example await fencedRepository(this.invoices, lock).save(invoice);
 */
export function fencedRepository<Of extends { readonly manager: TransactionManager }>(
  repository: Of,
  fence: Fence,
): FencedRepository<Of> {
  const plain = repository as unknown as Repository<ObjectLiteral>;
  const fenced = (name: (typeof WRITES)[number]) => {
    const write = (...args: unknown[]) =>
      fencedTransaction(plain.manager, fence, (manager) => {
        const target = manager.withRepository(plain) as unknown as Record<
          string,
          (...args: unknown[]) => Promise<unknown>
        >;
        return target[name](...args);
      });
    return [name, write];
  };
  return Object.fromEntries(WRITES.map(fenced)) as FencedRepository<Of>;
}
