import { NestFactory } from '@nestjs/core';
import { redis } from '@rookery/core/redis';
import { JobHandler, JobsModule, JobsService, type Job } from '@rookery/jobs';
import { DataSource } from 'typeorm';
import { interleaved, type BenchRow, type BenchServices } from '../bench.js';

const TOTAL = 1_000;
const AT_ONCE = 8;

/** Transactions per second: a row and a job for the outbox, beside a row and another plain row. */
export async function outboxRate({ redisUrl, postgresUrl }: BenchServices, namespace: string): Promise<BenchRow> {
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
  const rate = async (second: (n: number, manager: DataSource['manager']) => Promise<unknown>) => {
    let n = 0;
    const from = performance.now();
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (n < TOTAL) {
          const mine = n++;
          await dataSource.transaction(async (manager) => {
            await manager.query('insert into orders (body) values ($1)', [`order ${mine}`]);
            await second(mine, manager);
          });
        }
      }),
    );
    return (TOTAL / (performance.now() - from)) * 1_000;
  };
  const rates = await interleaved({
    ours: () => rate((n, manager) => jobs.enqueue(Receipt, { n }, { manager })),
    'plain-insert': () =>
      rate((n, manager) =>
        manager.query('insert into plain (namespace, job) values ($1, $2)', [
          namespace,
          { name: 'receipt', args: { n } },
        ]),
      ),
  });
  await app.close();
  await dataSource.destroy();
  return {
    id: 'outbox-enqueue',
    what: 'transactions with a row and a job for Redis, beside a row and another row',
    unit: 'tx/s',
    better: 'higher',
    ours: rates.ours.median,
    rivals: { 'plain-insert': rates['plain-insert'].median },
    spread: rates.ours.spread,
    must: 'ours >= 0.8 * plain-insert',
  };
}
