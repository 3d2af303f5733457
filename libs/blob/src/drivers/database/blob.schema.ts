/**
 * The tables, per kind of database. `blobs` has the facts of each blob and points to a generation; `blob_chunks` has the
 * bytes of each generation; `blob_generations` tells which generations exist, so that those that nothing points to can
 * be found. Names sort by their bytes. Add to the end, never change.
 */
export const POSTGRES_MIGRATIONS = [
  `create table rookery.blobs (
     namespace text collate "C" not null, container text collate "C" not null, name text collate "C" not null,
     generation uuid not null, etag text not null, content_type text not null, metadata jsonb not null, encoding text,
     size bigint not null, stored_bytes bigint not null, sha256 text not null, chunk_bytes int not null,
     created_at bigint not null, primary key (namespace, container, name))`,
  `create index blobs_generation on rookery.blobs (generation)`,
  `create table rookery.blob_chunks (
     generation uuid not null, idx int not null, data bytea not null, primary key (generation, idx))`,
  // Not compressed, so that a part of a chunk is read without the rest of it.
  `alter table rookery.blob_chunks alter column data set storage external`,
  `create table rookery.blob_generations (
     generation uuid primary key, namespace text not null, touched_at bigint not null, orphaned_at bigint)`,
  `create table rookery.blob_sweeps (namespace text primary key, swept_at bigint not null)`,
];

const MYSQL_ENDING = 'engine=InnoDB row_format=dynamic default charset=utf8mb4 collate=utf8mb4_bin';

export const MYSQL_TABLES = [
  `create table if not exists rookery_blobs (
     namespace varchar(63) not null, container varchar(130) not null, name varchar(256) not null,
     generation char(36) not null, etag char(32) not null, content_type varchar(255) not null, metadata text not null,
     encoding text, size bigint not null, stored_bytes bigint not null, sha256 char(64) not null,
     chunk_bytes int not null, created_at bigint not null, primary key (namespace, container, name),
     key rookery_blobs_generation (generation)) ${MYSQL_ENDING}`,
  `create table if not exists rookery_blob_chunks (
     generation char(36) not null, idx int not null, data longblob not null, primary key (generation, idx))
     ${MYSQL_ENDING}`,
  `create table if not exists rookery_blob_generations (
     generation char(36) primary key, namespace varchar(63) not null, touched_at bigint not null, orphaned_at bigint)
     ${MYSQL_ENDING}`,
  `create table if not exists rookery_blob_sweeps (namespace varchar(63) primary key, swept_at bigint not null)
     ${MYSQL_ENDING}`,
];

export const SQLITE_TABLES = [
  `create table if not exists rookery_blobs (
     namespace text not null, container text not null, name text not null, generation text not null,
     etag text not null, content_type text not null, metadata text not null, encoding text, size integer not null,
     stored_bytes integer not null, sha256 text not null, chunk_bytes integer not null, created_at integer not null,
     primary key (namespace, container, name)) without rowid`,
  `create index if not exists rookery_blobs_generation on rookery_blobs (generation)`,
  `create table if not exists rookery_blob_chunks (
     generation text not null, idx integer not null, data blob not null, primary key (generation, idx))`,
  `create table if not exists rookery_blob_generations (
     generation text primary key, namespace text not null, touched_at integer not null, orphaned_at integer)`,
  `create table if not exists rookery_blob_sweeps (namespace text primary key, swept_at integer not null)`,
];
