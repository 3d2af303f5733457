import type { Bench, BenchRow } from './bench.js';
import { Group, until } from './workers/group.js';
import { idle, lateness, madeUp, takeover } from './workers/measures.js';

const bench: Bench = async ({ redisUrl, postgresUrl }) => {
  const ns = (name: string) => `bench${process.pid}${name}`;
  // Minutes are the finest that pg-boss knows: it runs beside the others, to see a few of them.
  const boss = await new Group('pg-boss', { url: postgresUrl, namespace: ns('boss'), tasks: 1, everyMs: 60_000 }).start(
    3,
  );

  const onRedis = await lateness('ours-redis', redisUrl, ns('a'));
  const bullmq = await lateness('bullmq', redisUrl, ns('b'));
  const onPostgres = await lateness('ours-postgres', postgresUrl, ns('c'));
  const six = await lateness('ours-redis', redisUrl, ns('d'), 100, 6);
  const few = await lateness('ours-redis', redisUrl, ns('e'), 10, 3);

  const takeovers = {
    redis: await takeover('ours-redis', redisUrl, ns('f')),
    postgres: await takeover('ours-postgres', postgresUrl, ns('g')),
    bullmq: await takeover('bullmq', redisUrl, ns('h')),
  };
  const once = await madeUp('ours-redis', redisUrl, ns('i'), 'once');
  const all = await madeUp('ours-postgres', postgresUrl, ns('j'), 'all');
  const none = await madeUp('bullmq', redisUrl, ns('k'), 'all');
  const quiet = { ours: await idle('ours-redis', redisUrl, ns('l')), bullmq: await idle('bullmq', redisUrl, ns('m')) };

  await until(() => (boss.runs.length > 1 ? true : undefined), 180_000);
  const bossLate = Math.max(...boss.runs.map(({ at, slot }) => at - slot));
  await boss.stop();

  const grid = '100 tasks of every second, 3 replicas';
  const rivals = { bullmq: bullmq.p99, 'pg-boss': bossLate };
  return [
    row(
      'lateness-p99-redis',
      `99th percentile of ${grid} (pg-boss: the worst of its minutes)`,
      'ms',
      onRedis.p99,
      rivals,
      'ours <= 100',
    ),
    row(
      'lateness-p99-postgres',
      `99th percentile of ${grid} (pg-boss: the worst of its minutes)`,
      'ms',
      onPostgres.p99,
      rivals,
      'ours <= 100',
    ),
    row('lateness-p50-redis', `median of ${grid}`, 'ms', onRedis.p50, { bullmq: bullmq.p50 }, 'ours <= 50'),
    row(
      'busiest-replica',
      `part of the slots that the busiest of 3 replicas runs`,
      'of 1',
      onRedis.busiest,
      { bullmq: bullmq.busiest },
      'ours <= 0.5',
    ),
    row(
      'takeover-redis',
      'SIGKILL in mid-run until it runs elsewhere',
      'ms',
      takeovers.redis,
      { bullmq: takeovers.bullmq },
      'ours <= 5000',
    ),
    row(
      'takeover-postgres',
      'SIGKILL in mid-run until it runs elsewhere',
      'ms',
      takeovers.postgres,
      { bullmq: takeovers.bullmq },
      'ours <= 5000',
    ),
    row(
      'missed-once',
      `runs for ${once.missed} missed slots with misfire once`,
      'runs',
      once.runs,
      { bullmq: none.runs },
      'ours <= 1',
    ),
    row(
      'missed-once-covered',
      'missed slots that this run tells of',
      'slots',
      once.covered,
      { missed: once.missed, bullmq: none.covered },
      'ours >= missed',
    ),
    row(
      'missed-all',
      `runs for ${all.missed} missed slots with misfire all`,
      'runs',
      all.runs,
      { missed: all.missed, bullmq: none.runs },
      'ours >= missed',
    ),
    row(
      'missed-within',
      'from the first replica up to the last run made up',
      'ms',
      Math.max(once.withinMs, all.withinMs),
      {},
      'ours <= 2000',
    ),
    row(
      'commands-idle',
      'commands per replica and second while nothing is due',
      'commands',
      quiet.ours,
      { bullmq: quiet.bullmq },
      'ours <= 5',
    ),
    row(
      'commands-slot',
      `commands per slot, all replicas and heartbeats, ${grid}`,
      'commands',
      onRedis.commands,
      { bullmq: bullmq.commands, '10 tasks': few.commands },
      'ours <= 1 * bullmq',
    ),
    row(
      'commands-slot-6',
      'commands per slot with 6 replicas',
      'commands',
      six.commands,
      { '3-replicas': onRedis.commands },
      'ours <= 3 * 3-replicas',
    ),
    row(
      'commands-slot-postgres',
      `statements per slot, all replicas and heartbeats, ${grid}`,
      'statements',
      onPostgres.commands,
      {},
      'ours <= 1',
    ),
  ];
};
export default bench;

function row(
  id: string,
  what: string,
  unit: string,
  ours: number,
  rivals: Record<string, number>,
  must: string,
): BenchRow {
  return { id, what, unit, better: must.includes('>=') ? 'higher' : 'lower', ours, rivals, must };
}
