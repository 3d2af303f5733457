import { GRACE } from '../../workers.driver.js';

/**
 * The statements of the Postgres driver; $1 is always the app. Whoever touches several tasks locks them by name first,
 * so that no two replicas wait for each other; and reads the clock only after it has the locks.
 */
const STATE = (t: string) => `json_build_object('name', ${t}.name, 'cursor', ${t}.cursor, 'paused', ${t}.paused,
  'active', ${t}.active, 'slot', ${t}.slot, 'startedAt', ${t}.started_at, 'finishedAt', ${t}.finished_at, 'failures', ${t}.failures,
  'readAt', rookery.clock_us() / 1000)`;

const RUN = (r: string) => `json_build_object('runId', ${r}.run_id, 'name', ${r}.name, 'slot', ${r}.slot,
  'attempt', ${r}.attempt, 'missed', ${r}.missed, 'maxAttempts', ${r}.max_attempts, 'status', ${r}.status,
  'replica', ${r}.replica, 'fencingToken', ${r}.token, 'startedAt', ${r}.started_at, 'finishedAt', ${r}.finished_at,
  'error', ${r}.error)`;

const LOCKED = (names: string) => `locked as materialized (
  select * from rookery.worker_tasks where app = $1 and name in (${names}) order by name for update
), clock as materialized (select rookery.clock_us() as us, rookery.clock_us() / 1000 as ms, count(*) from locked)`;

/** The end of runs in the CTE `ended`: what becomes of their tasks, and who runs again. */
const AFTERMATH = `again as (
  insert into rookery.worker_runs (app, run_id, name, slot, attempt, missed, max_attempts, status, token)
  select $1, split_part(run_id, '.', 1) || '.' || attempt + 1, name, slot, attempt + 1, missed,
         max_attempts + (status = 'cut')::int, 'pending', 0
    from ended where rerun and attempt < max_attempts + (status = 'cut')::int
  returning name
), updated as (
  update rookery.worker_tasks t
     set active = t.active - sum.ended + (select count(*) from again where again.name = t.name),
         finished_at = sum.finished_at, failures = case when sum.good then 0 else t.failures + sum.bad end
    from (select name, count(*) as ended, max(finished_at) as finished_at, bool_or(status = 'succeeded') as good,
                 count(*) filter (where status <> 'cut') as bad from ended group by name) sum
   where t.app = $1 and t.name = sum.name
  returning t.*
), bumped as (
  update rookery.worker_apps set version = version + 1
   where app = $1 and exists (select 1 from updated where definition ->> 'kind' = 'worker')
)`;

/** $2 tasks as JSON, sorted by name. */
export const REGISTER = `
with asked as (
  select definition ->> 'name' as name, definition, "notBefore" as not_before
    from jsonb_to_recordset($2::jsonb) as a (definition jsonb, "notBefore" bigint)
), changed as materialized (
  select count(*) as tasks from asked a left join rookery.worker_tasks t on t.app = $1 and t.name = a.name
   where t.name is null or t.definition is distinct from a.definition
), registered as (
  insert into rookery.worker_tasks as t (app, name, definition, cursor, seen_at)
  select $1, name, definition, coalesce(not_before, rookery.clock_us() / 1000), rookery.clock_us() / 1000 from asked
  on conflict (app, name) do update set definition = excluded.definition, seen_at = excluded.seen_at,
    cursor = case when t.definition ->> 'schedule' = excluded.definition ->> 'schedule' then t.cursor
                  else greatest(t.cursor, excluded.cursor) end
  returning name
)
update rookery.worker_apps set version = version + 1
 where app = $1 and (select count(*) from registered) > 0 and (select tasks from changed) > 0`;

/** $2 graceMs. */
export const FORGET = `
with gone as (
  delete from rookery.worker_tasks where app = $1 and definition ->> 'source' = 'code' and active = 0
     and seen_at <= rookery.clock_us() / 1000 - $2::bigint returning name
), runs as (delete from rookery.worker_runs where app = $1 and name in (select name from gone))
update rookery.worker_apps set version = version + 1 where app = $1 and exists (select 1 from gone)`;

/** $2 names or null. */
export const LOAD = `
select ${STATE('t')} as state, t.definition, ${RUN('r')} as run, r.run_id is not null as ran,
  (select coalesce(json_agg(${RUN('active')}), '[]') from rookery.worker_runs active
    where active.app = $1 and active.name = t.name and active.finished_at is null) as runs
  from rookery.worker_tasks t left join lateral (
    select * from rookery.worker_runs r where r.app = $1 and r.name = t.name and r.finished_at is not null
       and r.status <> 'skipped' order by r.finished_at desc limit 1) r on true
 where t.app = $1 and ($2::text[] is null or t.name = any ($2))`;

/** $2 replica, $3 leaseMs. */
export const BEAT = `
with clock as materialized (select rookery.clock_us() / 1000 as ms),
others as materialized (
  select coalesce(bool_or(expires_at > ms), false) as alive, coalesce(bool_or(id = $2), false) as known
    from rookery.worker_replicas, clock where app = $1
), me as (
  insert into rookery.worker_replicas (app, id, expires_at) select $1, $2, ms + $3::bigint from clock
  on conflict (app, id) do update set expires_at = excluded.expires_at
), application as (
  insert into rookery.worker_apps as a (app, up_since, heard_at, reap_after)
  select $1, ms, ms, 0 from clock
  on conflict (app) do update set heard_at = excluded.heard_at,
    -- The clock as well, because of replicas that start in the same instant and do not see each other yet.
    up_since = case when (select alive or known from others) or excluded.heard_at - a.heard_at < $3::bigint
                    then a.up_since else excluded.up_since end,
    reap_after = case when a.heard_at > 0 and excluded.heard_at - a.heard_at > $3::bigint
                      then excluded.heard_at + $3::bigint * ${GRACE} else a.reap_after end
  returning *
)
select heard_at as now, up_since as "upSince", version, heard_at >= reap_after as "mayReap",
  (select coalesce(json_agg(id), '[]') from rookery.worker_replicas, clock
    where app = $1 and expires_at > ms and id <> $2) as others,
  exists (select 1 from rookery.worker_runs r left join rookery.worker_replicas p on p.app = $1 and p.id = r.replica, clock
    where r.app = $1 and r.finished_at is null and r.status = 'running' and r.replica <> $2
      and coalesce(p.expires_at, 0) <= ms) as orphans,
  (select coalesce(json_agg(${RUN('r')}), '[]') from rookery.worker_runs r
    where app = $1 and finished_at is null and (replica = $2 or status = 'pending')) as runs
from application`;

/** $2 replica. When nobody is left, the next one to come finds a cluster that was down. */
export const LEAVE = `
with gone as (delete from rookery.worker_replicas where app = $1 and id = $2)
update rookery.worker_apps set heard_at = 0 where app = $1 and not exists (
  select 1 from rookery.worker_replicas where app = $1 and id <> $2 and expires_at > rookery.clock_us() / 1000)`;

/** $2 leaseMs. Ends the runs whose replica has no lease. */
export const REAP = `
with lost as materialized (
  select r.run_id, r.name, coalesce(p.expires_at - $2::bigint, r.started_at) as last_seen from rookery.worker_runs r
    left join rookery.worker_replicas p on p.app = $1 and p.id = r.replica
   where r.app = $1 and r.finished_at is null and r.status = 'running'
     and coalesce(p.expires_at, 0) <= rookery.clock_us() / 1000
), ${LOCKED('select name from lost')},
ended as (
  update rookery.worker_runs r set status = 'crashed', finished_at = lost.last_seen
    from lost, locked where r.app = $1 and r.run_id = lost.run_id and r.name = locked.name and r.status = 'running'
  returning r.*, true as rerun
), ${AFTERMATH},
gone as (delete from rookery.worker_replicas where app = $1 and expires_at <= rookery.clock_us() / 1000 - 60000)
select count(*) from updated`;

/** $2 replica, $3 claims as JSON. */
export const CLAIM = `
with asked as materialized (
  select * from jsonb_to_recordset($3::jsonb) as a ("runId" text, name text, slot bigint, cursor bigint, missed int,
                                                    "maxAttempts" int, exclusive boolean, "letGo" text)
), ${LOCKED('select name from asked')},
granted as (
  update rookery.worker_tasks t
     set cursor = a.slot, active = t.active + ("letGo" is null)::int,
         token = case when "letGo" is null then greatest(t.token + 1, us) else t.token end,
         slot = case when "letGo" is null then a.slot else t.slot end,
         started_at = case when "letGo" is null then ms else t.started_at end,
         finished_at = case when "letGo" is null then null else t.finished_at end
    from asked a join locked l on l.name = a.name, clock
   where t.app = $1 and t.name = a.name and not l.paused and l.cursor <= a.cursor and a.slot > l.cursor
     and exists (select 1 from rookery.worker_replicas where app = $1 and id = $2 and expires_at > ms)
     and a.slot <= ms and not (a.exclusive and l.active > 0)
  returning t.*
), made as (
  insert into rookery.worker_runs (app, run_id, name, slot, attempt, missed, max_attempts, status, replica, token,
                                   started_at, finished_at, error)
  select $1, a."runId", a.name, a.slot, 1, a.missed, a."maxAttempts", case when "letGo" is null then 'running' else 'skipped' end,
         $2, case when "letGo" is null then g.token else 0 end, case when "letGo" is null then ms end,
         case when "letGo" is not null then ms end, "letGo"
    from granted g join asked a on a.name = g.name, clock
  returning *
)
select a."runId" as "runId", case when g.name is not null then ${STATE('g')} when l.name is not null then ${STATE('l')} end as state,
       case when m.status = 'running' then ${RUN('m')} end as run
  from asked a left join locked l on l.name = a.name left join granted g on g.name = a.name
  left join made m on m.run_id = a."runId"`;

/** $2 replica, $3 runId, $4 exclusive. */
export const TAKE = `
with ${LOCKED(`select name from rookery.worker_runs where app = $1 and run_id = $3`)},
taken as (
  update rookery.worker_runs r
     set status = 'running', replica = $2, started_at = ms, token = greatest(l.token + 1, us)
    from locked l, clock where r.app = $1 and r.run_id = $3 and r.name = l.name and r.status = 'pending'
     and not ($4::boolean and l.started_at is not null and l.finished_at is null)
     and exists (select 1 from rookery.worker_replicas where app = $1 and id = $2 and expires_at > ms)
  returning r.*
), started as (
  update rookery.worker_tasks t set token = taken.token, slot = taken.slot, started_at = taken.started_at, finished_at = null
    from taken where t.app = $1 and t.name = taken.name
)
select ${RUN('taken')} as run from taken`;

/** $2 replica, $3 outcomes as JSON. */
export const FINISH = `
with asked as materialized (
  select * from jsonb_to_recordset($3::jsonb) as a ("runId" text, name text, status text, error text, rerun boolean)
), ${LOCKED('select name from asked')},
ended as (
  update rookery.worker_runs r set status = a.status, error = a.error, finished_at = ms
    from asked a join locked l on l.name = a.name, clock
   where r.app = $1 and r.run_id = a."runId" and r.replica = $2 and r.status = 'running'
  returning r.*, a.rerun
), ${AFTERMATH}
select e.run_id as "runId", ${STATE('u')} as state from ended e join updated u on u.name = e.name`;

/** $2 historySize, $3 names. */
export const PRUNE = `
delete from rookery.worker_runs where app = $1 and run_id in (
  select old.run_id from unnest($3::text[]) as task (name), lateral (
    select run_id from rookery.worker_runs r where r.app = $1 and r.name = task.name and r.finished_at is not null
     order by r.finished_at desc, r.attempt desc, r.slot desc offset $2) old)`;

/** $2 name, $3 runId, $4 maxAttempts. */
export const REQUEST = `
with task as (update rookery.worker_tasks set active = active + 1 where app = $1 and name = $2 returning name)
insert into rookery.worker_runs (app, run_id, name, slot, attempt, missed, max_attempts, status, token)
select $1, $3, name, rookery.clock_us() / 1000, 1, 0, $4::int, 'pending', 0 from task`;

/** $2 name, $3 paused. */
export const PAUSE = `
with task as (
  update rookery.worker_tasks set paused = $3::boolean,
    cursor = case when paused and not $3::boolean then greatest(cursor, rookery.clock_us() / 1000) else cursor end
   where app = $1 and name = $2 returning name
), bumped as (update rookery.worker_apps set version = version + 1 where app = $1 and exists (select 1 from task))
select name from task`;

/** $2 name. */
export const REMOVE = `
with task as (delete from rookery.worker_tasks where app = $1 and name = $2 returning name),
runs as (delete from rookery.worker_runs where app = $1 and name = $2),
bumped as (update rookery.worker_apps set version = version + 1 where app = $1 and exists (select 1 from task))
select name from task`;

/** $2 name, $3 limit. */
export const HISTORY = `
select ${RUN('r')} as run from rookery.worker_runs r
 where app = $1 and name = $2 and finished_at is not null order by finished_at desc, attempt desc, slot desc limit $3`;
