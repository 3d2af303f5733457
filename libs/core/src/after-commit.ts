import type { DataSource, EntityManager, EntitySubscriberInterface, QueryRunner } from 'typeorm';
import { InvalidInputError } from './rookery.error.js';
import type { TransactionManager } from './transaction-manager.js';

interface Pending {
  /** How many savepoints deep the caller was; a rollback to a savepoint drops what is deeper. */
  depth: number;
  run: () => Promise<void>;
}

/** Keyed by the app's own DataSource and its query runners: nothing is shared between apps, nothing outlives them. */
const pendingOf = new WeakMap<DataSource, WeakMap<QueryRunner, Pending[]>>();

/**
 * Runs `effect` once the transaction of `manager` has committed, and never when it (or the savepoint around the call)
 * rolls back. The commit waits for the effects; what they throw is dropped, since the data is already safe. An effect
 * that must not be lost when the process dies right after the commit needs an outbox instead.
 *
 * @throws InvalidInputError when `manager` is in no transaction
 * @example
 * await dataSource.transaction(async (manager) => {
 *   await manager.save(plan);
 *   afterCommit(manager, () => cache.delete(`plan:${plan.id}`));
 * });
 */
export function afterCommit(manager: TransactionManager, effect: () => unknown): void {
  const { connection, queryRunner } = manager as EntityManager;
  if (!queryRunner?.isTransactionActive) {
    throw new InvalidInputError(
      'The manager',
      'outside a transaction',
      'the one that dataSource.transaction() hands to its callback',
    );
  }
  const runners = watched(connection);
  const pending = runners.get(queryRunner) ?? [];
  runners.set(queryRunner, pending);
  pending.push({ depth: depthOf(queryRunner), run: async () => void (await effect()) });
}

function watched(dataSource: DataSource): WeakMap<QueryRunner, Pending[]> {
  const known = pendingOf.get(dataSource);
  if (known) return known;
  const runners = new WeakMap<QueryRunner, Pending[]>();
  pendingOf.set(dataSource, runners);
  dataSource.subscribers.push(new CommitSubscriber(runners));
  return runners;
}

class CommitSubscriber implements EntitySubscriberInterface {
  constructor(private readonly runners: WeakMap<QueryRunner, Pending[]>) {}

  async afterTransactionCommit({ queryRunner }: { queryRunner: QueryRunner }): Promise<void> {
    const pending = this.runners.get(queryRunner);
    if (!pending) return;
    if (queryRunner.isTransactionActive) {
      // A savepoint was released: its effects now belong to what is around it.
      for (const entry of pending) entry.depth = Math.min(entry.depth, depthOf(queryRunner));
      return;
    }
    this.runners.delete(queryRunner);
    await Promise.allSettled(pending.map(({ run }) => run()));
  }

  afterTransactionRollback({ queryRunner }: { queryRunner: QueryRunner }): void {
    const kept = queryRunner.isTransactionActive
      ? this.runners.get(queryRunner)?.filter(({ depth }) => depth <= depthOf(queryRunner))
      : [];
    if (kept?.length) this.runners.set(queryRunner, kept);
    else this.runners.delete(queryRunner);
  }
}

/** TypeORM counts savepoints in a protected field and offers no other way to learn it. */
function depthOf(queryRunner: QueryRunner): number {
  return (queryRunner as unknown as { transactionDepth: number }).transactionDepth;
}
