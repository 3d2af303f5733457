import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { interleaved, median, type Bench, type BenchPart, type BenchRow, type BenchServices } from './bench.js';
import { requestsPerSecond } from './cluster/load.js';
import { readinessFlip } from './cluster/readiness.js';
import { BootApps } from './cluster/start-app.js';

const ROUNDS = 9;
const IDLE_MS = 10_000;

type Part = (apps: BootApps, services: BenchServices) => Promise<BenchRow[]>;

/** What ClusterModule costs at boot, at rest and per request. */
const bench: Bench = {
  boot: onPublished(boot),
  idle: onPublished(idle),
  throughput: onPublished(throughput),
  readiness: onPublished(readiness),
};
export default bench;

function onPublished(part: Part): BenchPart {
  return async (services) => {
    const apps = await BootApps.create();
    return part(apps, services).finally(() => apps.remove());
  };
}

async function boot(apps: BootApps, { redisUrl, postgresUrl }: BenchServices): Promise<BenchRow[]> {
  const onRedis = { ROOKERY_BACKEND: 'redis', REDIS_URL: redisUrl };
  const onPostgres = { ROOKERY_BACKEND: 'postgres', DATABASE_URL: postgresUrl };
  const booted = async (which: string, url: string, env?: Record<string, string>) => {
    const { ms, stop } = await apps.start(which, url, env);
    await stop();
    return ms;
  };
  const measured = await interleaved(
    {
      bare: () => booted('bare', ''),
      memory: () => booted('ours-alone', ''),
      redis: () => booted('ours-redis', redisUrl, onRedis),
      redisByHand: () => booted('by-hand-redis', redisUrl),
      postgres: () => booted('ours-postgres', postgresUrl, onPostgres),
      postgresByHand: () => booted('by-hand-postgres', postgresUrl),
    },
    ROUNDS,
  );
  const row = (
    id: string,
    what: string,
    ours: keyof typeof measured,
    rivals: Record<string, number>,
    must: string,
  ) => ({
    id,
    what,
    unit: 'ms',
    better: 'lower' as const,
    ours: measured[ours].median,
    spread: measured[ours].spread,
    rivals,
    must,
  });
  const { bare, redisByHand, postgresByHand } = measured;
  return [
    row(
      'boot-memory',
      'from the start of the process to listening, with ClusterModule.forRoot() in memory',
      'memory',
      { bare: bare.median },
      'ours <= 1 * bare + 60',
    ),
    row(
      'boot-redis',
      'the same with all modules on Redis, beside the same libraries connected by hand',
      'redis',
      { byHand: redisByHand.median },
      'ours <= 1.15 * byHand',
    ),
    row(
      'boot-postgres',
      'the same with all modules on PostgreSQL',
      'postgres',
      { byHand: postgresByHand.median },
      'ours <= 1.15 * byHand',
    ),
  ];
}

async function idle(apps: BootApps, { redisUrl }: BenchServices): Promise<BenchRow[]> {
  const env = { ROOKERY_BACKEND: 'redis', REDIS_URL: redisUrl, ROOKERY_NAMESPACE: 'bench-idle' };
  const app = await apps.start('ours-redis', redisUrl, env);
  await wait(3_000);
  const monitor = await new Redis(redisUrl).monitor();
  let commands = 0;
  // A script is one command, whatever it does inside.
  monitor.on('monitor', (_time: string, _arguments: string[], source: string) => void (source !== 'lua' && commands++));
  await wait(IDLE_MS);
  monitor.disconnect();
  await app.stop();
  return [
    {
      id: 'idle',
      what: 'commands that a replica at rest sends to Redis, all modules on',
      unit: 'commands/s',
      better: 'lower',
      ours: commands / (IDLE_MS / 1000),
      rivals: {},
      must: 'ours <= 3',
    },
  ];
}

async function throughput(apps: BootApps, { redisUrl }: BenchServices): Promise<BenchRow[]> {
  const env = { ROOKERY_BACKEND: 'redis', REDIS_URL: redisUrl };
  const rate = (which: string, url: string) => async () => {
    const app = await apps.start(which, url, env);
    await requestsPerSecond(app.url, 1_000);
    const requests = await requestsPerSecond(app.url, 1_500);
    await app.stop();
    return requests;
  };
  // Each round in processes of its own: two of the same app differ by as much as what is measured here.
  const measured = await interleaved({ bare: rate('bare', ''), ours: rate('ours-redis', redisUrl) }, ROUNDS);
  return [
    {
      id: 'throughput',
      what: 'requests for a route that does nothing',
      unit: 'requests/s',
      better: 'higher',
      ours: measured.ours.median,
      spread: measured.ours.spread,
      rivals: { bare: measured.bare.median },
      must: 'ours >= 0.97 * bare',
    },
  ];
}

async function readiness(apps: BootApps, { redisUrl }: BenchServices): Promise<BenchRow[]> {
  const env = { ROOKERY_BACKEND: 'redis', REDIS_URL: redisUrl };
  const flips: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const app = await apps.start('ours-slow-hooks', redisUrl, env);
    flips.push(await readinessFlip(app));
    await app.stop();
  }
  return [
    {
      id: 'readiness',
      what: `from SIGTERM to not ready, with a shutdown hook that never ends; the slowest of ${ROUNDS} (median ${median(flips).toFixed(1)})`,
      unit: 'ms',
      better: 'lower',
      ours: Math.max(...flips),
      rivals: {},
      must: 'ours <= 50',
    },
  ];
}
