export {
  postgres,
  type PostgresBackend,
  type PostgresBackendOptions,
  type PostgresResult,
} from './postgres.backend.js';
export type { PostgresBus } from './postgres.bus.js';
export { MigrationsMissingError, runMigrations } from './postgres.migrations.js';
