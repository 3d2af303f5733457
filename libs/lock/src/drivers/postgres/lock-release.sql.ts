import { PATIENCE_MS, RESERVED_MS } from '../../lock.driver.js';

/**
 * Ends the leases of an owner; in a few statements what `lock_leave` does in many, for the usual way: one key held
 * alone, whose next in line, if there is one, wants it alone too. Nobody waits for the disk: a release that a crash of
 * the server undoes is one whose lease ends by itself, and a grant that builds on it does wait.
 */
export const LOCK_RELEASE = `
create or replace function rookery.lock_release(p_namespace text, p_keys text[], p_owner text, out released boolean,
  out wake text[]) language plpgsql as $$
declare
  p_key text := p_keys[1];
  next rookery.lock_line;
  one record;
begin
  perform set_config('synchronous_commit', 'off', true);
  released := true;
  wake := '{}';
  if cardinality(p_keys) = 1 then
    perform from rookery.locks where namespace = p_namespace and key = p_key and owner = p_owner
       and expires_at > clock_timestamp() for update;
    if found then
      select * into next from rookery.lock_line where namespace = p_namespace and key = p_key order by arrived_at limit 1;
      if next.owner is null then
        update rookery.locks set owner = null, expires_at = '-infinity' where namespace = p_namespace and key = p_key;
        return;
      elsif next.rule = 'exclusive' and next.seen_at > clock_timestamp() - ${PATIENCE_MS} * interval '1 ms' then
        update rookery.locks set owner = next.owner, expires_at = clock_timestamp() + ${RESERVED_MS} * interval '1 ms'
         where namespace = p_namespace and key = p_key;
        delete from rookery.lock_line where namespace = p_namespace and key = p_key and owner = next.owner;
        wake := array[next.owner];
        return;
      end if;
    end if;
  end if;
  perform rookery.lock_take_rows(p_namespace, p_keys);
  foreach p_key in array p_keys loop
    one := rookery.lock_leave(p_namespace, p_key, p_owner);
    released := released and one.was;
    wake := wake || one.wake;
  end loop;
end $$;`;
