import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Module } from '@nestjs/common';
import { redis } from '@rookery/core/redis';
import { RealtimeModule, RealtimeService } from '@rookery/realtime';
import { interleaved, median, type Bench, type BenchRow, type BenchServices, type Measured } from './bench.js';
import {
  classic,
  officialPostgres,
  oursOnPostgres,
  oursOnRedis,
  sharded,
  streams,
  type Contestant,
} from './realtime/contestants.js';
import { Crowd } from './realtime/crowd.js';
import { burst, crossP99 } from './realtime/measures.js';

const HISTORY = 500;
const CROWD = 5_000;

const bench: Bench = async (services) => {
  const namespace = `bench${process.pid}`;
  return [
    ...(await against('redis', {
      ours: await oursOnRedis(services.redisUrl, namespace, 0),
      'ours with history': await oursOnRedis(services.redisUrl, `${namespace}h`, HISTORY),
      'redis-adapter': await classic(services.redisUrl, `${namespace}c`),
      'redis-adapter sharded': await sharded(services.redisUrl, `${namespace}s`),
      'redis-streams-adapter': await streams(services.redisUrl, `${namespace}t`),
    })),
    ...(await against('postgres', {
      ours: await oursOnPostgres(services.postgresUrl, namespace, 0),
      'ours with history': await oursOnPostgres(services.postgresUrl, `${namespace}h`, HISTORY),
      'postgres-adapter': await officialPostgres(services.postgresUrl, `${namespace}p`),
    })),
    ...(await inACrowd(services, namespace)),
  ];
};
export default bench;

/** Ours and the official adapters of one store. The row's `fastest` is the best of the official ones. */
async function against(store: string, all: Record<string, Contestant>): Promise<BenchRow[]> {
  const latency = await crossP99(all, 5);
  const reversed: Record<string, number> = {};
  const rate = await interleaved(
    each(all, async (contestant, name) => {
      const outcome = await burst(contestant);
      reversed[name] = Math.max(reversed[name] ?? 0, outcome.reversed);
      return outcome.perSecond;
    }),
    5,
  );
  await Promise.all(Object.values(all).map((contestant) => contestant.close()));
  const ms = { unit: 'ms', better: 'lower' } as const;
  const perSecond = { unit: 'messages/s', better: 'higher' } as const;
  return [
    row(
      `${store}-cross-p99`,
      'emit to a client at the other replica, p99',
      ms,
      latency,
      'ours',
      'ours <= 1.2 * fastest',
    ),
    row(
      `${store}-cross-p99-history`,
      'emit to a client at the other replica, kept for recovery, p99',
      ms,
      latency,
      'ours with history',
      'ours <= 2 * fastest',
    ),
    row(`${store}-burst`, '8000 messages at once', perSecond, rate, 'ours', 'ours >= 0.9 * fastest'),
    row(
      `${store}-burst-history`,
      '8000 messages at once, kept for recovery',
      perSecond,
      rate,
      'ours with history',
      'ours >= 0.7 * fastest',
    ),
    {
      id: `${store}-reversed`,
      what: 'of 8000 messages, those that came before an earlier one (worst round)',
      unit: 'messages',
      better: 'lower',
      ours: Math.max(reversed.ours!, reversed['ours with history']!),
      rivals: Object.fromEntries(Object.entries(reversed).filter(([name]) => !name.startsWith('ours'))),
      must: 'ours <= 0',
    },
  ];
}

function row(
  id: string,
  what: string,
  measure: { unit: string; better: 'lower' | 'higher' },
  measured: Record<string, Measured>,
  mine: string,
  must: string,
): BenchRow {
  const rivals = Object.fromEntries(
    Object.entries(measured).flatMap(([name, figure]) => (name.startsWith('ours') ? [] : [[name, figure.median]])),
  );
  const best = measure.better === 'lower' ? Math.min : Math.max;
  const { median: figure, spread } = measured[mine]!;
  return {
    id,
    what,
    ...measure,
    ours: figure,
    rivals: { ...rivals, fastest: best(...Object.values(rivals)) },
    spread,
    must,
  };
}

/** 5000 sockets over three replicas, and who of them is there. Bare: socket.io without any adapter, users or presence. */
async function inACrowd({ redisUrl }: BenchServices, namespace: string): Promise<BenchRow[]> {
  const rates = { bare: [] as number[], ours: [] as number[] };
  const bytes = { bare: [] as number[], ours: [] as number[] };
  let presenceMs = 0;
  for (let round = 0; round < 2; round++) {
    for (const kind of ['bare', 'ours'] as const) {
      const crowd = await Crowd.start(kind, redisUrl, `${namespace}x${round}`);
      const figures = await crowd.fill(CROWD);
      rates[kind].push(1000 / figures.connectsPerSecond);
      bytes[kind].push(figures.bytesPerSocket);
      if (kind === 'ours') presenceMs = await presence(redisUrl, `${namespace}x${round}`);
      await crowd.close();
    }
  }
  const what = '5000 sockets over 3 replicas on one machine: ';
  const figures = (of: typeof rates) => ({ ours: median(of.ours), rivals: { bare: median(of.bare) } });
  const lower = { better: 'lower', must: 'ours <= 1.25 * bare' } as const;
  return [
    { id: 'socket-connect', what: `${what}time per connection`, unit: 'ms', ...figures(rates), ...lower },
    { id: 'socket-memory', what: `${what}resident memory per socket`, unit: 'bytes', ...figures(bytes), ...lower },
    {
      id: 'presence',
      what: 'presence of a room of 5000 users',
      unit: 'ms',
      better: 'lower',
      ours: presenceMs,
      rivals: {},
      must: 'ours <= 10',
    },
  ];
}

async function presence(url: string, namespace: string): Promise<number> {
  class BenchModule {}
  Module({ imports: [RealtimeModule.forRoot({ backend: redis({ url, namespace }) })] })(BenchModule);
  const app = await NestFactory.createApplicationContext(BenchModule, { logger: false });
  const realtime = app.get(RealtimeService);
  const delays: number[] = [];
  for (let i = 0; i < 30; i++) {
    const from = performance.now();
    const users = await realtime.presence('crowd');
    if (users.length !== CROWD) throw new Error(`${users.length} users are present, not ${CROWD}.`);
    delays.push(performance.now() - from);
  }
  await app.close();
  return median(delays);
}

function each<Name extends string>(
  all: Record<Name, Contestant>,
  measure: (contestant: Contestant, name: Name) => Promise<number>,
): Record<Name, () => Promise<number>> {
  const entries = Object.entries(all) as [Name, Contestant][];
  return Object.fromEntries(entries.map(([name, contestant]) => [name, () => measure(contestant, name)])) as Record<
    Name,
    () => Promise<number>
  >;
}
