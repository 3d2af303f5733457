/** The tables of this lib in schema `rookery`; see `PostgresBackend.migrate`. Add to the end, never change. */
export const REALTIME_MIGRATIONS = [
  // seqs: of every publisher the last seq, and when.
  `create table rookery.realtime_logs (
     namespace text not null, nsp text not null, epoch text not null, previous bigint not null, last bigint not null,
     seqs jsonb not null default '{}', primary key (namespace, nsp))`,
  `create table rookery.realtime_history (
     namespace text not null, nsp text not null, room text not null, "offset" bigint not null,
     publisher text not null, body text not null, primary key (namespace, nsp, room, "offset"))`,
  `create table rookery.realtime_secrets (namespace text primary key, secret text not null)`,
  `create table rookery.realtime_replicas (
     namespace text not null, nsp text not null, replica text not null, expires_at timestamptz not null,
     primary key (namespace, nsp, replica))`,
  `create table rookery.realtime_presence (
     namespace text not null, nsp text not null, room text not null, user_id text not null, replica text not null,
     primary key (namespace, nsp, room, user_id, replica));
   create index on rookery.realtime_presence (namespace, nsp, replica)`,
  // One after the other: of two replicas that a user leaves at once, each would still see the user at the other one.
  `create function rookery.realtime_present(ns text, sp text, r text, u text, except_replica text) returns boolean
   language sql as $$
     select exists (select from rookery.realtime_presence p join rookery.realtime_replicas l
       on l.namespace = p.namespace and l.nsp = p.nsp and l.replica = p.replica and l.expires_at > clock_timestamp()
       where p.namespace = ns and p.nsp = sp and p.room = r and p.user_id = u and p.replica <> except_replica) $$;
   create function rookery.realtime_enter(ns text, sp text, me text, rooms text[], users text[])
   returns table (room text, user_id text) language plpgsql as $$
   begin
     perform pg_advisory_xact_lock(hashtextextended('rookery.realtime:' || ns || sp, 0));
     return query with entered as (
       insert into rookery.realtime_presence as p
       select ns, sp, e.room, e.user_id, me from unnest(rooms, users) as e (room, user_id)
       on conflict do nothing returning p.room, p.user_id)
     select e.room, e.user_id from entered e
      where not rookery.realtime_present(ns, sp, e.room, e.user_id, me);
   end $$;
   create function rookery.realtime_leave(ns text, sp text, me text, rooms text[], users text[])
   returns table (room text, user_id text) language plpgsql as $$
   begin
     perform pg_advisory_xact_lock(hashtextextended('rookery.realtime:' || ns || sp, 0));
     return query with gone as (
       delete from rookery.realtime_presence p using unnest(rooms, users) as e (room, user_id)
        where p.namespace = ns and p.nsp = sp and p.room = e.room and p.user_id = e.user_id and p.replica = me
       returning p.room, p.user_id)
     select g.room, g.user_id from gone g
      where not rookery.realtime_present(ns, sp, g.room, g.user_id, me);
   end $$;
   create function rookery.realtime_sweep(ns text, sp text) returns table (room text, user_id text)
   language plpgsql as $$
   begin
     perform pg_advisory_xact_lock(hashtextextended('rookery.realtime:' || ns || sp, 0));
     return query with dead as (
       delete from rookery.realtime_replicas l
        where l.namespace = ns and l.nsp = sp and l.expires_at <= clock_timestamp() returning l.replica),
     gone as (
       delete from rookery.realtime_presence p using dead
        where p.namespace = ns and p.nsp = sp and p.replica = dead.replica returning p.room, p.user_id)
     select distinct g.room, g.user_id from gone g
      where not rookery.realtime_present(ns, sp, g.room, g.user_id, '');
   end $$`,
  // A function, because its plans are kept; the statement itself would be planned anew for every batch. The log's row
  // stays locked until the commit, and NOTIFY keeps the order of commits: so the bus brings offsets in order. What no
  // history keeps need not wait for the disk.
  `create function rookery.realtime_append(ns text, sp text, new_epoch text, pub text, last_seq bigint,
     bodies text[], rooms text[], indexes int[], channel text) returns void language plpgsql as $$
   declare
     log record;
     count int := cardinality(bodies);
     start bigint := (extract(epoch from clock_timestamp()) * 1000000)::bigint;
   begin
     if cardinality(rooms) = 0 then perform set_config('synchronous_commit', 'off', true); end if;
     insert into rookery.realtime_logs as l (namespace, nsp, epoch, previous, last, seqs)
     values (ns, sp, new_epoch, start, start + count, jsonb_build_object(pub, jsonb_build_array(last_seq, start)))
     on conflict (namespace, nsp) do update
        set previous = l.last, last = greatest(l.last, start - 1) + count, seqs = l.seqs || excluded.seqs
      where coalesce((l.seqs -> pub ->> 0)::bigint, 0) < last_seq
     returning l.epoch, l.previous, l.last into log;
     if not found then return; end if;
     if cardinality(rooms) > 0 then
       insert into rookery.realtime_history
       select ns, sp, e.room, log.last - count + e.index, pub, bodies[e.index]
         from unnest(rooms, indexes) as e (room, index);
     end if;
     perform rookery.bus_notify(channel, concat(log.epoch, ' ', log.previous, ' ', log.last - count + 1, ' ', pub,
                                                ' [', array_to_string(bodies, ','), ']'));
   end $$`,
  // The limits of all replicas that use a log, and when one of them last said so.
  `create table rookery.realtime_limits (
     namespace text not null, nsp text not null, size bigint not null, ms bigint not null,
     declared_at timestamptz not null, primary key (namespace, nsp, size, ms))`,
];
