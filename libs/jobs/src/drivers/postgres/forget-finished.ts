import type { Pool } from 'pg';
import type { Retention } from '../../jobs.driver.js';

/** What another one forgets at the same time is skipped, so that nobody waits for anybody. */
const FORGET = `
delete from job
 where queue = $1 and id in (
   select id from job
    where queue = $1 and state = $2
      and (finished_at_ms <= extract(epoch from clock_timestamp()) * 1000 - $3
        or (finished_at_ms, seq) <= (select finished_at_ms, seq from job where queue = $1 and state = $2
                                      order by finished_at_ms desc, seq desc offset $4 limit 1))
      for update skip locked)`;

/** Deletes the finished jobs of a queue beyond what is kept. */
export async function forgetFinished(
  pool: Pool,
  queue: string,
  keep: Record<'completed' | 'failed', Retention>,
): Promise<void> {
  for (const state of ['completed', 'failed'] as const)
    await pool.query(FORGET, [queue, state, keep[state].ageMs, keep[state].count]);
}
