/**
 * The `EntityManager` that TypeORM hands to `dataSource.transaction(async (manager) => …)`. Described by what it has, not
 * by TypeORM's own type, so that an app without TypeORM can type-check.
 */
export interface TransactionManager {
  /** The DataSource. */
  readonly connection: object;
  /** The connection that the transaction runs on. */
  readonly queryRunner?: { readonly isTransactionActive: boolean };
  /** Runs SQL in the transaction. */
  query<Result>(sql: string, parameters?: unknown[]): Promise<Result>;
}
