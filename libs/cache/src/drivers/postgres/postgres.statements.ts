/** $1 is the namespace, $2 the name, everywhere. clock_timestamp(), not now(): waiting for a row takes time too. */
const IN_MS = (parameter: string) => `clock_timestamp() + ${parameter} * interval '1 ms'`;
const MICROSECONDS = `floor(extract(epoch from clock_timestamp()) * 1000000)::bigint`;

export const GET = `
select name, body from rookery.cache_entries
 where namespace = $1 and name = any($2) and expires_at > clock_timestamp()`;

export const PUT = `
insert into rookery.cache_entries (namespace, name, body, expires_at) values ($1, $2, $3, ${IN_MS('$4')})
on conflict (namespace, name) do update set body = excluded.body, expires_at = excluded.expires_at`;

export const REMOVE = `
delete from rookery.cache_entries where namespace = $1 and name = $2
returning expires_at > clock_timestamp() as lived`;

export const TOUCH = `
update rookery.cache_entries set expires_at = ${IN_MS('$3')}
 where namespace = $1 and name = $2 and expires_at > clock_timestamp()`;

const FREE = `held.owner = excluded.owner or held.expires_at <= clock_timestamp()`;

/** Whoever finds the fill taken leaves a mark that it is waited for. */
export const BEGIN_FILL = `
insert into rookery.cache_fills as held (namespace, name, owner, expires_at) values ($1, $2, $3, ${IN_MS('$4')})
on conflict (namespace, name) do update
   set owner = case when ${FREE} then excluded.owner else held.owner end,
       expires_at = case when ${FREE} then excluded.expires_at else held.expires_at end,
       awaited = case when ${FREE} then held.awaited else true end
returning owner = $3 as granted, ${MICROSECONDS} as started_at`;

export const EXTEND_FILL = `
update rookery.cache_fills set expires_at = ${IN_MS('$4')}
 where namespace = $1 and name = $2 and owner = $3 and expires_at > clock_timestamp()`;

export const BREAK_FILL = `delete from rookery.cache_fills where namespace = $1 and name = $2`;

/** The row lock on the fill orders this against every invalidation: those begin by deleting that row. */
export const END_FILL = `
with fill as (
  delete from rookery.cache_fills
   where namespace = $1 and name = $2 and owner = $3 and expires_at > clock_timestamp()
  returning awaited),
entry as (
  insert into rookery.cache_entries (namespace, name, body, expires_at)
  select $1, $2, $4, ${IN_MS('$5')} from fill where $4::text is not null
  on conflict (namespace, name) do update set body = excluded.body, expires_at = excluded.expires_at
  returning 1)
select awaited, exists (select from entry) as stored from fill`;

/** Asking for a version keeps it alive; $2 are the tags, in one order for all, so that no two askers block each other. */
export const VERSIONS = `
insert into rookery.cache_versions as known (namespace, tag, version, used_at)
select $1, tag, ${MICROSECONDS}, clock_timestamp() from unnest($2::text[]) as tag order by tag
on conflict (namespace, tag) do update set used_at = clock_timestamp()
returning tag, version, xmax = 0 as created`;

export const BUMP = `
insert into rookery.cache_versions as known (namespace, tag, version, used_at)
select $1, tag, ${MICROSECONDS}, clock_timestamp() from unnest($2::text[]) as tag order by tag
on conflict (namespace, tag) do update
   set version = greatest(known.version + 1, excluded.version), used_at = clock_timestamp()`;

/**
 * Some of what has expired, and what is too much: that which would expire first. What others sweep just now is left to
 * them. $2 is the bound in entries, $3 in bytes as they are stored.
 */
export const SWEEP = `
with total as (
  select count(*) as entries, sum(pg_column_size(body)) as bytes from rookery.cache_entries where namespace = $1),
first as (
  select ctid as place, expires_at, pg_column_size(body) as bytes from rookery.cache_entries
   where namespace = $1 order by expires_at limit 10000 for update skip locked),
counted as (
  select place, expires_at, row_number() over before as nth, sum(bytes) over before - bytes as bytes from first
  window before as (order by expires_at, place rows unbounded preceding))
delete from rookery.cache_entries where ctid in (
  select place from counted, total
   where expires_at <= clock_timestamp() or nth <= total.entries - $2 or counted.bytes < total.bytes - $3)`;

export const SWEEP_VERSIONS = `
delete from rookery.cache_versions where namespace = $1 and used_at < clock_timestamp() - interval '31 days'`;
