import type { Bench, BenchRow, BenchServices } from './bench.js';
import { Group, until } from './workers/group.js';
import { idle, lateness, madeUp, takeover } from './workers/measures.js';

const ns = (name: string) => `bench${process.pid}${name}`;
const grid = '100 tasks of every second, 3 replicas';

const bench: Bench = { lateness: latenessOnTheGrid, takeover: takeovers, missed, commands };
export default bench;

async function latenessOnTheGrid({ redisUrl, postgresUrl }: BenchServices): Promise<BenchRow[]> {
  // Minutes are the finest that pg-boss knows: it runs beside the others, to see a few of them.
  const minutely = { url: postgresUrl, namespace: ns('boss'), tasks: 1, everyMs: 60_000 };
  const boss = await new Group('pg-boss', minutely).start(3);
  const onRedis = await lateness('ours-redis', redisUrl, ns('a'));
  const bullmq = await lateness('bullmq', redisUrl, ns('b'));
  const onPostgres = await lateness('ours-postgres', postgresUrl, ns('c'));
  await until(() => (boss.runs.length > 1 ? true : undefined), 130_000);
  const bossLate = Math.max(...boss.runs.map(({ at, slot }) => at - slot));
  await boss.stop();

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
      'commands-slot',
      `commands per slot, all replicas and heartbeats, ${grid}`,
      'commands',
      onRedis.commands,
      { bullmq: bullmq.commands },
      'ours <= 1 * bullmq',
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
}

async function takeovers({ redisUrl, postgresUrl }: BenchServices): Promise<BenchRow[]> {
  const onRedis = await takeover('ours-redis', redisUrl, ns('f'));
  const onPostgres = await takeover('ours-postgres', postgresUrl, ns('g'));
  const bullmq = await takeover('bullmq', redisUrl, ns('h'));
  return [
    row('takeover-redis', 'SIGKILL in mid-run until it runs elsewhere', 'ms', onRedis, { bullmq }, 'ours <= 5000'),
    row(
      'takeover-postgres',
      'SIGKILL in mid-run until it runs elsewhere',
      'ms',
      onPostgres,
      { bullmq },
      'ours <= 5000',
    ),
  ];
}

async function missed({ redisUrl, postgresUrl }: BenchServices): Promise<BenchRow[]> {
  const once = await madeUp('ours-redis', redisUrl, ns('i'), 'once');
  const all = await madeUp('ours-postgres', postgresUrl, ns('j'), 'all');
  const none = await madeUp('bullmq', redisUrl, ns('k'), 'all');
  return [
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
  ];
}

/** How they grow with tasks and replicas, and what a replica sends that has nothing to do. */
async function commands({ redisUrl }: BenchServices): Promise<BenchRow[]> {
  const three = await lateness('ours-redis', redisUrl, ns('d3'), 50, 3);
  const six = await lateness('ours-redis', redisUrl, ns('d6'), 50, 6);
  const few = await lateness('ours-redis', redisUrl, ns('e'), 10, 3);
  const quiet = { ours: await idle('ours-redis', redisUrl, ns('l')), bullmq: await idle('bullmq', redisUrl, ns('m')) };
  return [
    row(
      'commands-idle',
      'commands per replica and second while nothing is due',
      'commands',
      quiet.ours,
      { bullmq: quiet.bullmq },
      'ours <= 5',
    ),
    row(
      'commands-slot-tasks',
      'commands per slot with 50 tasks of every second, 3 replicas',
      'commands',
      three.commands,
      { '10-tasks': few.commands },
      'ours <= 1 * 10-tasks',
    ),
    row(
      'commands-slot-6',
      'commands per slot with 50 tasks of every second, 6 replicas',
      'commands',
      six.commands,
      { '3-replicas': three.commands },
      'ours <= 3 * 3-replicas',
    ),
  ];
}

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
