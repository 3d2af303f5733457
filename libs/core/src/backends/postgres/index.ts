export {
  postgres,
  type PostgresBackend,
  type PostgresBackendOptions,
  type PostgresResult,
} from './postgres.backend.js';
export { MigrationsMissingError, runMigrations } from './postgres.migrations.js';
