import pg from 'pg';
import { interleaved, median, type Bench, type BenchRow, type BenchServices, type Measured } from './bench.js';
import { advisoryLock, oursOnPostgres, oursOnRedis, redisSemaphore, redlockOn } from './lock/contestants.js';
import type { Contestant } from './lock/contestants.js';
import { lostSignal } from './lock/lost-signal.js';
import { contended, uncontended } from './lock/measures.js';
import { SeveralProcesses } from './lock/several-processes.js';

const namespace = `bench${process.pid}`;

const bench: Bench = { redis: onRedis, processes: overProcesses, postgres: onPostgres, 'lost-signal': lostSignal };
export default bench;

async function onRedis({ redisUrl }: BenchServices): Promise<BenchRow[]> {
  const all = {
    ours: await oursOnRedis(redisUrl, namespace),
    'redis-semaphore': redisSemaphore(redisUrl, `${namespace}s`),
    redlock: redlockOn(redisUrl, `${namespace}r`),
  };
  const alone = await interleaved(
    each(all, (contestant) => uncontended(contestant)),
    9,
  );
  const commands: Record<string, number[]> = {};
  const handOff = await interleaved(
    each(all, async (contestant, name) => {
      const outcome = await contended(contestant);
      (commands[name] ??= []).push(outcome.commands);
      return outcome.handOffMs;
    }),
    5,
  );
  const sent = Object.fromEntries(
    Object.entries(commands).map(([name, figures]) => [name, { median: median(figures), spread: 0 }]),
  ) as Record<keyof typeof all, Measured>;
  await Promise.all(Object.values(all).map((contestant) => contestant.close()));
  return [
    row(
      'redis-uncontended',
      'acquire and release, fencing token included',
      'µs',
      alone,
      'ours <= 1.15 * redis-semaphore',
    ),
    row('redis-hand-off', '50 waiters, hand-off beyond the 5 ms hold', 'ms', handOff, 'ours <= 1.5'),
    row('redis-commands', 'Redis commands per contended acquire', 'commands', sent, 'ours <= 5'),
  ];
}

async function overProcesses({ redisUrl }: BenchServices): Promise<BenchRow[]> {
  const names = ['ours', 'redis-semaphore', 'redlock'] as const;
  const outcomes: Record<string, Awaited<ReturnType<SeveralProcesses['run']>>[]> = {};
  const groups = await Promise.all(names.map((name) => SeveralProcesses.start(name, redisUrl, `${namespace}p${name}`)));
  const contestants = Object.fromEntries(
    names.map((name, index) => [
      name,
      async () => {
        const outcome = await groups[index]!.run();
        (outcomes[name] ??= []).push(outcome);
        return outcome.inversions;
      },
    ]),
  ) as Record<(typeof names)[number], () => Promise<number>>;
  const inversions = await interleaved(contestants, 5);
  groups.forEach((group) => group.stop());
  const of = (figure: 'handOffMs' | 'commands') =>
    Object.fromEntries(
      names.map((name) => [name, { median: median(outcomes[name]!.map((outcome) => outcome[figure])), spread: 0 }]),
    ) as Record<(typeof names)[number], Measured>;
  return [
    row(
      'redis-order',
      '4 processes, 48 waiters: neighbours served in another order than they came',
      'of 47',
      inversions,
      'ours <= 0.5 * redis-semaphore',
    ),
    row(
      'redis-processes-hand-off',
      '4 processes, 48 waiters, hand-off beyond the 5 ms hold',
      'ms',
      of('handOffMs'),
      'ours < redis-semaphore',
    ),
    row(
      'redis-processes-commands',
      '4 processes, 48 waiters, Redis commands per acquire',
      'commands',
      of('commands'),
      'ours <= 5',
    ),
  ];
}

async function onPostgres({ postgresUrl }: BenchServices): Promise<BenchRow[]> {
  const admin = new pg.Client(postgresUrl);
  await admin.connect();
  const connections = async () => {
    const { rows } = await admin.query<{ count: number }>(
      'select count(*)::int as count from pg_stat_activity where client_port is not null',
    );
    return rows[0]!.count;
  };
  const idle = await connections();
  const mine = await oursOnPostgres(postgresUrl, namespace);
  await contended(mine);
  const used = (await connections()) - idle;
  const rival = advisoryLock(postgresUrl, namespace);
  await contended(rival);
  const usedByRival = (await connections()) - idle - used;
  const all = { ours: mine, pg_advisory_lock: rival };
  const alone = await interleaved(
    each(all, (contestant) => uncontended(contestant, 400)),
    5,
  );
  const handOff = await interleaved(
    each(all, async (contestant) => (await contended(contestant)).handOffMs),
    5,
  );
  await Promise.all([mine.close(), rival.close(), admin.end()]);
  const exactly = (figure: number) => ({ median: figure, spread: 0 });
  return [
    row('postgres-uncontended', 'acquire and release, fencing token included', 'µs', alone, 'ours <= 3000'),
    row('postgres-hand-off', '50 waiters, hand-off beyond the 5 ms hold', 'ms', handOff, 'ours <= 3'),
    row(
      'postgres-connections',
      '50 waiters in one process',
      'connections',
      { ours: exactly(used), pg_advisory_lock: exactly(usedByRival) },
      'ours <= 2',
    ),
  ];
}

function each<Name extends string>(
  all: Record<Name, Contestant>,
  measure: (contestant: Contestant, name: Name) => Promise<number>,
): Record<Name, () => Promise<number>> {
  const entries = (Object.entries(all) as [Name, Contestant][]).map(([name, it]) => [name, () => measure(it, name)]);
  return Object.fromEntries(entries) as Record<Name, () => Promise<number>>;
}

function row(id: string, what: string, unit: string, measured: Record<string, Measured>, must: string): BenchRow {
  const { ours, ...others } = measured;
  const rivals = Object.fromEntries(Object.entries(others).map(([name, { median: middle }]) => [name, middle]));
  return { id, what, unit, better: 'lower', ours: ours!.median, rivals, spread: ours!.spread, must };
}
