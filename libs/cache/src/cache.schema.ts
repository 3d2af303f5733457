/** Tables of the cache. Unlogged: a crash of the server empties them, which makes misses. Append only. */
export const CACHE_MIGRATIONS = [
  `create unlogged table rookery.cache_entries (
     namespace text not null, name text not null, body text not null, expires_at timestamptz not null,
     primary key (namespace, name));
   create index cache_entries_expiry on rookery.cache_entries (namespace, expires_at);
   create unlogged table rookery.cache_fills (
     namespace text not null, name text not null, owner text not null, expires_at timestamptz not null,
     awaited boolean not null default false, primary key (namespace, name));
   create unlogged table rookery.cache_versions (
     namespace text not null, tag text not null, version bigint not null, used_at timestamptz not null,
     primary key (namespace, tag));`,
];
