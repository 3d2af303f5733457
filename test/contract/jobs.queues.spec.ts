import { NestFactory } from '@nestjs/core';
import { postgres } from '@rookery/core/postgres';
import { JobsModule, JobsService, flow } from '@rookery/jobs';
import { jobOf } from '@rookery/jobs/testing';
import { expect, it } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';
import { postgresUrl } from '../services.js';

it('queues of one app live on the backends they name; a flow stays on one', async () => {
  const namespace = freshNamespace();
  const onRedis = backendsOf('redis')(namespace);
  const onPostgres = postgres({ url: postgresUrl(), namespace, poolSize: 5 });
  const Fast = jobOf((n: number) => n + 1);
  const Safe = jobOf((n: number) => n + 2, { name: `safe.${namespace}` });
  class AppModule {}
  const context = await NestFactory.createApplicationContext(
    {
      module: AppModule,
      imports: [
        await JobsModule.forRoot({ backend: onRedis, queues: { [`safe.${namespace}`]: { backend: onPostgres } } }),
      ],
      providers: [Fast, Safe],
    },
    { logger: false },
  );
  const jobs = context.get(JobsService);
  const [fast, safe] = await Promise.all([jobs.enqueue(Fast, 1), jobs.enqueue(Safe, 1)]);
  expect(await Promise.all([fast.waitUntilDone(), safe.waitUntilDone()])).toEqual([2, 3]);
  const { rows } = await onPostgres.query<{ id: string }>(`select id from "rookery_jobs_${namespace}".job`);
  expect(rows).toEqual([{ id: safe.id }]);
  await expect(jobs.enqueueFlow(flow(Fast, 1, [flow(Safe, 1)]))).rejects.toThrow(/on one backend/);
  await context.close();
});
