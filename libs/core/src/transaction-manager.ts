/**
 * The `EntityManager` that TypeORM hands to `dataSource.transaction(async (manager) => …)`. Described by what it has, not
 * by TypeORM's own type, so that an app without TypeORM can type-check.
 */
export interface TransactionManager {
  /** The DataSource. */
  readonly connection: object;
  readonly queryRunner?: { readonly isTransactionActive: boolean };
  query<Result>(sql: string, parameters?: unknown[]): Promise<Result>;
}
