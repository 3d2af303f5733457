import { interleaved, type Bench, type BenchRow, type Measured } from './bench.js';
import { onPostgres, onRedis, type Contestant } from './jobs/contestants.js';
import { enqueueRate, latencyP99, processRate } from './jobs/measures.js';
import { memoryGrowth } from './jobs/memory.js';
import { outbox } from './jobs/outbox.js';
import { scaling } from './jobs/scaling.js';

/** Ours, raw bullmq on the same store and, on Postgres, those that are at home there. */
type Field = Record<'ours' | 'bullmq', Contestant> & Record<string, Contestant>;

/** How many jobs a round has, per store and concurrency: a second or so of work. */
const JOBS = { redis: { 1: 2_000, 32: 8_000 }, postgres: { 1: 300, 32: 1_000 } };

const ROUNDS = 4;

const namespace = `b${process.pid}`;

const bench: Bench = {
  redis: (services) => throughputs('redis', (concurrency) => onRedis(services.redisUrl, namespace, concurrency)),
  postgres: (services) =>
    throughputs('postgres', (concurrency) => onPostgres(services.postgresUrl, namespace, concurrency)),
  outbox: (services) => outbox(services, `${namespace}o`),
  memory: async (services) => [await memoryGrowth(services, `${namespace}m`)],
  scaling: (services) => scaling(services, `${namespace}s`),
};
export default bench;

async function throughputs(store: keyof typeof JOBS, open: (concurrency: number) => Promise<Field>) {
  const rows: BenchRow[] = [];
  for (const concurrency of [1, 32] as const) {
    const field = await open(concurrency);
    rows.push(...(await throughput(store, concurrency, field)));
    if (concurrency === 1) rows.push(await latency(store, field));
    await Promise.all(Object.values(field).map((contestant) => contestant.close()));
  }
  return rows;
}

async function throughput(store: 'redis' | 'postgres', concurrency: 1 | 32, field: Field): Promise<BenchRow[]> {
  const total = JOBS[store][concurrency];
  const enqueued = await interleaved(
    each(field, (one) => enqueueRate(one, total, concurrency)),
    ROUNDS,
  );
  const processed = await interleaved(
    each(field, (one) => processRate(one, total)),
    ROUNDS,
  );
  const must = 'ours >= 0.95 * bullmq';
  return [
    row(`${store}-enqueue-${concurrency}`, `enqueue, ${concurrency} at a time`, 'jobs/s', 'higher', enqueued, must),
    row(`${store}-process-${concurrency}`, `process, concurrency ${concurrency}`, 'jobs/s', 'higher', processed, must),
  ];
}

async function latency(store: string, { ours, bullmq }: Field): Promise<BenchRow> {
  const p99 = await interleaved(
    each({ ours, bullmq }, (one) => latencyP99(one, 300)),
    ROUNDS,
  );
  return row(`${store}-latency-p99`, 'enqueue to start of the handler, p99', 'ms', 'lower', p99, 'ours <= bullmq + 1');
}

function each(field: Field, measure: (one: Contestant) => Promise<number>) {
  return Object.fromEntries(Object.entries(field).map(([name, one]) => [name, () => measure(one)]));
}

function row(
  id: string,
  what: string,
  unit: string,
  better: BenchRow['better'],
  measured: Record<string, Measured>,
  must: string,
): BenchRow {
  const { ours, ...others } = measured;
  const rivals = Object.fromEntries(Object.entries(others).map(([name, { median }]) => [name, median]));
  return { id, what, unit, better, ours: ours!.median, rivals, spread: ours!.spread, must };
}
