/** The same in the whole statement; only for a log that begins. */
const START = `(extract(epoch from now()) * 1000000)::bigint`;
const NOW = `(extract(epoch from clock_timestamp()) * 1000000)::bigint`;

/** $1 namespace, $2 nsp, $3 epoch to begin with, $4 publisher, $5 its last seq, $6 bodies, $7 rooms, $8 index of each room's body, $9 channel. */
export const APPEND = 'select rookery.realtime_append($1, $2, $3, $4, $5, $6, $7, $8, $9)';

export const HEAD = `
insert into rookery.realtime_logs as log (namespace, nsp, epoch, previous, last) values ($1, $2, $3, ${START}, ${START})
on conflict (namespace, nsp) do update set epoch = log.epoch
returning epoch, last`;

/** $3 history size, $4 history ms. */
export const DECLARE_LIMITS = `
insert into rookery.realtime_limits values ($1, $2, $3, $4, clock_timestamp())
on conflict (namespace, nsp, size, ms) do update set declared_at = excluded.declared_at`;

/** $3 for how many ms limits count. */
export const DROP_LIMITS = `
delete from rookery.realtime_limits
 where namespace = $1 and nsp = $2 and declared_at < clock_timestamp() - $3 * interval '1 ms'`;

/** $3 epoch, $4 offset, $5 rooms, $6 history size, $7 history ms. Reads with the smallest limits of all replicas. */
export const SINCE = `
with limits as (
  select least(min(size), $6::bigint) as size, least(min(ms), $7::bigint) as ms
    from rookery.realtime_limits where namespace = $1 and nsp = $2)
select log.epoch, log.last, history.room, history."offset", history.publisher, history.body,
       limits.size, log.epoch = $3 and $4::bigint <= log.last
         and ($4::bigint = log.last or $4::bigint >= ${NOW} - limits.ms * 1000) as intact
  from rookery.realtime_logs log cross join limits
  left join lateral (
    select entry.* from unnest($5::text[]) as wanted (room) cross join lateral (
      select room, "offset", publisher, body from rookery.realtime_history
       where namespace = $1 and nsp = $2 and room = wanted.room and "offset" > $4::bigint
       order by "offset" limit (select greatest(size, 1) from limits)) as entry) as history on true
 where log.namespace = $1 and log.nsp = $2`;

/** $3 epoch to end, $4 epoch to begin, $5 channel. */
export const RENEW_EPOCH = `
with log as (
  update rookery.realtime_logs set epoch = $4 where namespace = $1 and nsp = $2 and epoch = $3 returning epoch, last)
select rookery.bus_notify($5, concat(epoch, ' ', last, ' ', last + 1, ' - []')) from log`;

/** $3 history ms. */
export const DROP_OLD = `
delete from rookery.realtime_history
 where namespace = $1 and nsp = $2 and "offset" < ${NOW} - $3::bigint * 1000`;

/** $3 history size. */
export const DROP_EXCESS = `
delete from rookery.realtime_history history using (
  select room, "offset", row_number() over (partition by room order by "offset" desc) as place
    from rookery.realtime_history where namespace = $1 and nsp = $2) as entry
 where entry.place > $3::bigint and history.namespace = $1 and history.nsp = $2 and history.room = entry.room
   and history."offset" = entry."offset"`;

/** Forgets publishers that were silent for a day: they have nothing left to repeat. */
export const DROP_SEQS = `
update rookery.realtime_logs log
   set seqs = (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(log.seqs)
                where (value ->> 1)::bigint > ${NOW} - 86400000000)
 where namespace = $1 and nsp = $2
   and exists (select from jsonb_each(log.seqs) where (value ->> 1)::bigint <= ${NOW} - 86400000000)`;
