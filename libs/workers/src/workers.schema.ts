/**
 * The tables of this lib in schema `rookery`; see `PostgresBackend.migrate`. Add to the end, never change. `app` is
 * `<namespace>/<application>`; times are milliseconds since the epoch.
 */
export const WORKERS_MIGRATIONS = [
  `create function rookery.clock_us() returns bigint language sql volatile as
     'select (extract(epoch from clock_timestamp()) * 1000000)::bigint'`,
  `create table rookery.worker_apps (
     app text primary key, version bigint not null default 1, up_since bigint not null default 0,
     heard_at bigint not null default 0, reap_after bigint not null default 0)`,
  `create table rookery.worker_replicas (
     app text not null, id text not null, expires_at bigint not null, primary key (app, id))`,
  `create table rookery.worker_tasks (
     app text not null, name text not null, definition jsonb not null, cursor bigint not null,
     token bigint not null default 0, paused boolean not null default false, active int not null default 0,
     started_at bigint, finished_at bigint, failures int not null default 0, seen_at bigint not null,
     primary key (app, name))`,
  `create table rookery.worker_runs (
     app text not null, run_id text not null, name text not null, slot bigint not null, attempt int not null,
     missed int not null, max_attempts int not null, status text not null, replica text, token bigint not null,
     started_at bigint, finished_at bigint, error text, primary key (app, run_id))`,
  `create index worker_runs_active on rookery.worker_runs (app) where finished_at is null`,
  `create index worker_runs_history on rookery.worker_runs (app, name, finished_at desc)`,
  'alter table rookery.worker_tasks add column slot bigint',
];

/** What `WorkerRun.completeIn` needs in the app's own database, which need not be the backend's. */
export const COMPLETION_MIGRATIONS = [
  'create table rookery.worker_completions (task text not null, slot bigint not null, primary key (task, slot))',
];
