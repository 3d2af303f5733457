/** The tables of this lib in schema `rookery`; see `PostgresBackend.migrate`. Add to the end, never change. */
export const CLUSTER_MIGRATIONS = [
  // Unlogged: after a crash of the server everyone has written anew before anyone asks.
  `create unlogged table rookery.replicas (
     namespace text not null, id text not null, record jsonb not null, ends_at timestamptz not null,
     primary key (namespace, id))`,
];
