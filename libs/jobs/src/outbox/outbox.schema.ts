/** The tables of this lib in schema `rookery`; see `runMigrations`. Add to the end, never change. */
export const JOBS_MIGRATIONS = [
  `create table rookery.jobs_outbox (
     seq bigint generated always as identity primary key, namespace text not null, job jsonb not null,
     created_at timestamptz not null default clock_timestamp())`,
];
