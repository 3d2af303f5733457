import { NestFactory } from '@nestjs/core';
import { redis } from '@rookery/core/redis';
import { JobHandler, JobsModule, JobsService, type Job } from '@rookery/jobs';
import { DataSource, type EntityManager } from 'typeorm';
import { interleaved, type BenchRow, type BenchServices } from '../bench.js';

const TOTAL = 4_000;
const AT_ONCE = 8;
const ALONE = 300;

type Insert = (n: number, manager: EntityManager) => Promise<unknown>;

/**
 * A transaction with a row and a job for the outbox, beside one with a row and another plain row: how long it takes, and
 * how many there are per second when 8 callers do nothing else and the delivery to Redis shares the machine with them.
 */
export async function outbox({ redisUrl, postgresUrl }: BenchServices, namespace: string): Promise<BenchRow[]> {
  const dataSource = new DataSource({ type: 'postgres', url: postgresUrl, installExtensions: false, poolSize: 16 });
  await dataSource.initialize();
  await dataSource.query('create table orders (id bigserial primary key, body text)');
  await dataSource.query('create table plain (id bigserial primary key, namespace text, job jsonb)');
  class Receipt implements Job<{ n: number }> {
    async run() {}
  }
  JobHandler('bench.receipt', { concurrency: 32 })(Receipt);
  class AppModule {}
  const app = await NestFactory.createApplicationContext(
    {
      module: AppModule,
      imports: [await JobsModule.forRoot({ backend: redis({ url: redisUrl, namespace }), execute: false })],
      providers: [Receipt],
    },
    { logger: false },
  );
  const jobs = app.get(JobsService);
  const enqueue: Insert = (n, manager) => jobs.enqueue(Receipt, { n }, { manager });
  const insert: Insert = (n, manager) =>
    manager.query('insert into plain (namespace, job) values ($1, $2)', [namespace, { name: 'receipt', args: { n } }]);
  const took = await interleaved({
    ours: () => duration(dataSource, enqueue),
    'plain-insert': () => duration(dataSource, insert),
  });
  const rates = await interleaved({
    ours: () => rate(dataSource, enqueue),
    'plain-insert': () => rate(dataSource, insert),
  });
  await app.close();
  await dataSource.destroy();
  return [
    {
      id: 'outbox-enqueue',
      what: 'a transaction with a row and a job for Redis, beside one with a row and another row, p50',
      unit: 'ms',
      better: 'lower',
      ours: took.ours.median,
      rivals: { 'plain-insert': took['plain-insert'].median },
      spread: took.ours.spread,
      must: 'ours <= 1.25 * plain-insert',
    },
    {
      id: 'outbox-throughput',
      what: 'the same by 8 callers, with the delivery to Redis on the same two cores',
      unit: 'tx/s',
      better: 'higher',
      ours: rates.ours.median,
      rivals: { 'plain-insert': rates['plain-insert'].median },
      spread: rates.ours.spread,
      must: 'ours >= 0.8 * plain-insert',
    },
  ];
}

function transaction(dataSource: DataSource, n: number, second: Insert): Promise<unknown> {
  return dataSource.transaction(async (manager) => {
    await manager.query('insert into orders (body) values ($1)', [`order ${n}`]);
    await second(n, manager);
  });
}

async function duration(dataSource: DataSource, second: Insert): Promise<number> {
  const took: number[] = [];
  for (let n = 0; n < ALONE; n++) {
    const from = performance.now();
    await transaction(dataSource, n, second);
    took.push(performance.now() - from);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return took.toSorted((a, b) => a - b)[ALONE / 2]!;
}

async function rate(dataSource: DataSource, second: Insert): Promise<number> {
  let n = 0;
  const from = performance.now();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (n < TOTAL) await transaction(dataSource, n++, second);
    }),
  );
  return (TOTAL / (performance.now() - from)) * 1_000;
}
