/** The tables of this lib in schema `rookery`; see `PostgresBackend.migrate`. Add to the end, never change. */
export const LOCK_MIGRATIONS = [
  `create table rookery.locks (
     namespace text not null, key text not null, owner text not null, token bigint not null,
     expires_at timestamptz not null, primary key (namespace, key))`,
  `create table rookery.fences (resource text primary key, token bigint not null)`,
];
