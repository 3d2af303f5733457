import { PATIENCE_MS, RESERVED_MS } from '../../lock.driver.js';

/** The functions work on one key at a time whose row in `rookery.locks` the caller has locked: one call at a time. */
const KEY = `p_namespace text, p_key text`;
const THIS_KEY = `namespace = p_namespace and key = p_key`;
const ms = (expression: string) => `(${expression}) * interval '1 ms'`;

/**
 * What each does is what the Redis scripts and the memory driver do. clock_timestamp(), not now(): a call that waited
 * for a row must not judge by the time it began to wait.
 */
export const LOCK_FUNCTIONS = `
-- The rule by which the key is in use; null when it is free.
create function rookery.lock_in_use(${KEY}) returns text language sql volatile as $$
  select rule from rookery.locks where ${THIS_KEY} and expires_at > clock_timestamp();
$$;

create function rookery.lock_holds(${KEY}, p_owner text, p_rule text) returns boolean language sql volatile as $$
  select exists (select from rookery.locks where ${THIS_KEY} and expires_at > clock_timestamp() and rule = p_rule
    and (owner = p_owner or owner is null and exists (select from rookery.lock_members
      where ${THIS_KEY} and owner = p_owner and expires_at > clock_timestamp())));
$$;

-- A room is in use until the last lease in it ends; the row says so, since that is what a single statement can judge.
create function rookery.lock_settle(${KEY}) returns void language sql volatile as $$
  delete from rookery.lock_members where ${THIS_KEY} and expires_at <= clock_timestamp();
  update rookery.locks set expires_at =
    coalesce((select max(expires_at) from rookery.lock_members where ${THIS_KEY}), '-infinity') where ${THIS_KEY};
$$;

create function rookery.lock_enter(${KEY}, p_owner text, p_rule text, p_weight int, p_ms bigint, p_token bigint)
returns void language plpgsql as $$
declare ends timestamptz := clock_timestamp() + ${ms('p_ms')};
begin
  if p_rule = 'exclusive' then
    delete from rookery.lock_members where ${THIS_KEY};
    update rookery.locks set owner = p_owner, rule = p_rule, expires_at = ends where ${THIS_KEY};
    return;
  end if;
  if rookery.lock_in_use(p_namespace, p_key) is distinct from p_rule then
    delete from rookery.lock_members where ${THIS_KEY};
    update rookery.locks set owner = null, rule = p_rule where ${THIS_KEY};
  end if;
  insert into rookery.lock_members as known values (p_namespace, p_key, p_owner, p_weight, coalesce(p_token, 0), ends)
  on conflict (namespace, key, owner) do update
     set weight = p_weight, token = coalesce(p_token, known.token), expires_at = ends;
  perform rookery.lock_settle(p_namespace, p_key);
end $$;

-- Lets in those first in line, as many as fit, and returns them.
create function rookery.lock_serve(${KEY}) returns text[] language plpgsql as $$
declare
  one rookery.lock_line;
  in_use text;
  leased timestamptz;
  woken text[] := '{}';
begin
  for one in select * from rookery.lock_line where ${THIS_KEY} order by arrived_at loop
    if one.seen_at < clock_timestamp() - ${ms(String(PATIENCE_MS))} then
      delete from rookery.lock_line where ${THIS_KEY} and owner = one.owner;
      continue;
    end if;
    delete from rookery.lock_members where ${THIS_KEY} and expires_at <= clock_timestamp();
    in_use := rookery.lock_in_use(p_namespace, p_key);
    if in_use is not null then
      if in_use = 'exclusive' then
        exit;
      elsif one.rule = 'exclusive' then
        exit when exists (select from rookery.lock_members where ${THIS_KEY} and owner <> one.owner);
      elsif one.rule <> in_use then
        exit;
      elsif in_use <> 'shared' then
        exit when in_use::int < one.weight +
          (select sum(weight) from rookery.lock_members where ${THIS_KEY} and owner <> one.owner);
      end if;
    end if;
    select expires_at into leased from rookery.lock_members where ${THIS_KEY} and owner = one.owner;
    perform rookery.lock_enter(p_namespace, p_key, one.owner, one.rule, one.weight,
      greatest(${RESERVED_MS}, extract(epoch from leased - clock_timestamp()) * 1000)::bigint, null);
    delete from rookery.lock_line where ${THIS_KEY} and owner = one.owner;
    woken := woken || one.owner;
  end loop;
  return woken;
end $$;

create function rookery.lock_leave(${KEY}, p_owner text, out was boolean, out wake text[]) language plpgsql as $$
begin
  delete from rookery.lock_line where ${THIS_KEY} and owner = p_owner;
  update rookery.locks set owner = null, expires_at = '-infinity'
   where ${THIS_KEY} and owner = p_owner and expires_at > clock_timestamp();
  was := found;
  delete from rookery.lock_members where ${THIS_KEY} and owner = p_owner and expires_at > clock_timestamp();
  if found then
    was := true;
    perform rookery.lock_settle(p_namespace, p_key);
  end if;
  wake := rookery.lock_serve(p_namespace, p_key);
end $$;

create function rookery.lock_keep(${KEY}, p_owner text) returns void language plpgsql as $$
declare ends timestamptz := clock_timestamp() + ${ms(String(RESERVED_MS))};
begin
  update rookery.locks set expires_at = greatest(expires_at, ends) where ${THIS_KEY} and owner = p_owner;
  update rookery.lock_members set expires_at = greatest(expires_at, ends) where ${THIS_KEY} and owner = p_owner;
  if found then perform rookery.lock_settle(p_namespace, p_key); end if;
end $$;

-- Rows are locked in the order of the keys, which is everybody's: calls never wait in a circle.
create function rookery.lock_take_rows(p_namespace text, p_keys text[]) returns void language plpgsql as $$
declare p_key text;
begin
  foreach p_key in array p_keys loop
    perform from rookery.locks where ${THIS_KEY} for update;
    if not found then
      insert into rookery.locks (namespace, key) values (p_namespace, p_key) on conflict do nothing;
      perform from rookery.locks where ${THIS_KEY} for update;
    end if;
  end loop;
end $$;

create function rookery.lock_acquire(p_namespace text, p_keys text[], p_owner text, p_ttl bigint, p_rule text,
  p_weight int, p_waited bigint, out status text, out at_key text, out in_use text, out token bigint, out wake text[])
language plpgsql as $$
declare
  p_key text;
  was_inside boolean;
  granted text[] := '{}';
begin
  wake := '{}';
  if p_rule = 'exclusive' and cardinality(p_keys) = 1 then
    -- The usual way: a release has handed the key over.
    update rookery.locks
       set token = greatest(locks.token + 1, extract(epoch from clock_timestamp()) * 1000000),
           expires_at = clock_timestamp() + ${ms('p_ttl')}
     where namespace = p_namespace and key = p_keys[1] and owner = p_owner and expires_at > clock_timestamp()
    returning locks.token into lock_acquire.token;
    if found then
      status := 'granted';
      return;
    end if;
  end if;
  perform rookery.lock_take_rows(p_namespace, p_keys);
  foreach p_key in array p_keys loop
    in_use := rookery.lock_in_use(p_namespace, p_key);
    was_inside := in_use <> 'exclusive' and rookery.lock_holds(p_namespace, p_key, p_owner, in_use);
    if in_use <> p_rule and (in_use ~ '^\\d' or p_rule ~ '^\\d') then
      status := 'mismatch';
    elsif was_inside and p_rule = 'exclusive' and exists (
      select from rookery.lock_line join rookery.lock_members using (namespace, key, owner)
       where ${THIS_KEY} and owner <> p_owner and rule = 'exclusive') then
      status := 'deadlock';
    elsif not rookery.lock_holds(p_namespace, p_key, p_owner, p_rule) then
      insert into rookery.lock_line values (p_namespace, p_key, p_owner, p_rule, p_weight,
        case when was_inside then '-infinity' else clock_timestamp() - ${ms('greatest(p_waited, 0)')} end,
        clock_timestamp())
      on conflict (namespace, key, owner) do update set seen_at = excluded.seen_at, rule = p_rule, weight = p_weight;
      wake := wake || array_remove(rookery.lock_serve(p_namespace, p_key), p_owner);
      if not rookery.lock_holds(p_namespace, p_key, p_owner, p_rule) then status := 'busy'; end if;
    end if;
    if status is not null then
      if status <> 'busy' or p_waited < 0 then
        delete from rookery.lock_line where ${THIS_KEY} and owner = p_owner;
        at_key := p_key;
        foreach p_key in array granted loop
          wake := wake || (rookery.lock_leave(p_namespace, p_key, p_owner)).wake;
        end loop;
      else
        -- What a waiter already has is kept for it until it asks again.
        foreach p_key in array granted loop
          perform rookery.lock_keep(p_namespace, p_key, p_owner);
        end loop;
      end if;
      return;
    end if;
    granted := granted || p_key;
  end loop;
  select greatest(max(locks.token) + 1, extract(epoch from clock_timestamp()) * 1000000) into lock_acquire.token
    from rookery.locks where namespace = p_namespace and key = any (p_keys);
  update rookery.locks set token = lock_acquire.token where namespace = p_namespace and key = any (p_keys);
  foreach p_key in array p_keys loop
    perform rookery.lock_enter(p_namespace, p_key, p_owner, p_rule, p_weight, p_ttl, lock_acquire.token);
  end loop;
  status := 'granted';
end $$;

create function rookery.lock_extend(p_namespace text, p_keys text[], p_owner text, p_ttl bigint, p_rule text,
  p_weight int, p_heir text) returns boolean language plpgsql as $$
declare
  p_key text;
  known bigint;
begin
  perform rookery.lock_take_rows(p_namespace, p_keys);
  foreach p_key in array p_keys loop
    if not rookery.lock_holds(p_namespace, p_key, p_owner, p_rule) then return false; end if;
  end loop;
  foreach p_key in array p_keys loop
    delete from rookery.lock_members where ${THIS_KEY} and owner = p_owner returning token into known;
    perform rookery.lock_enter(p_namespace, p_key, p_heir, p_rule, p_weight, p_ttl, known);
  end loop;
  return true;
end $$;

create function rookery.lock_release(p_namespace text, p_keys text[], p_owner text, out released boolean,
  out wake text[]) language plpgsql as $$
declare
  p_key text;
  one record;
begin
  released := true;
  wake := '{}';
  perform rookery.lock_take_rows(p_namespace, p_keys);
  foreach p_key in array p_keys loop
    one := rookery.lock_leave(p_namespace, p_key, p_owner);
    released := released and one.was;
    wake := wake || one.wake;
  end loop;
end $$;`;
