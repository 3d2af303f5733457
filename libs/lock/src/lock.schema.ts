import { LOCK_FUNCTIONS } from './drivers/postgres/lock-functions.sql.js';
import { LOCK_RELEASE } from './drivers/postgres/lock-release.sql.js';

/**
 * The tables of this lib in schema `rookery`; see `PostgresBackend.migrate`. Add to the end, never change.
 *
 * `locks` has a row per key: its last token, and who holds it exclusively. `lock_members` are those who hold it
 * together. `lock_line` are those who wait; they ask again and again, so a crash may forget them.
 */
export const LOCK_MIGRATIONS = [
  `create table rookery.locks (
     namespace text not null, key text not null, owner text, rule text not null default 'exclusive',
     token bigint not null default 0, expires_at timestamptz not null default '-infinity',
     primary key (namespace, key)) with (fillfactor = 50);
   create table rookery.lock_members (
     namespace text not null, key text not null, owner text not null, weight int not null, token bigint not null,
     expires_at timestamptz not null, primary key (namespace, key, owner)) with (fillfactor = 50);
   create unlogged table rookery.lock_line (
     namespace text not null, key text not null, owner text not null, rule text not null, weight int not null,
     arrived_at timestamptz not null, seen_at timestamptz not null, primary key (namespace, key, owner));`,
  `create table rookery.fences (resource text primary key, token bigint not null)`,
  LOCK_FUNCTIONS,
  LOCK_RELEASE,
];
