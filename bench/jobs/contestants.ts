import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { Backend } from '@rookery/core';
import { postgres } from '@rookery/core/postgres';
import { redis } from '@rookery/core/redis';
import { JobHandler, JobsModule, JobsService, type Job, type JobClass } from '@rookery/jobs';
import {
  createPostgresBackend,
  createRedisBackend,
  Queue,
  runMigrations,
  Worker,
  type BackendFactory,
  type RedisQueueBackend,
} from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { graphile, pgBoss } from './rivals.js';

/** What a job of the benches is given. */
export interface Payload {
  n: number;
  text: string;
}

/** One way to run jobs. */
export interface Contestant {
  enqueue(payload: Payload): Promise<unknown>;
  enqueueMany(payloads: Payload[]): Promise<unknown>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Called with each job, as its handler starts. */
  onJob: (payload: Payload) => void;
  close(): Promise<void>;
}

export async function ours(backend: Backend, concurrency: number, execute = true): Promise<Contestant> {
  const contestant = { onJob: () => undefined } as unknown as Contestant;
  class BenchJob implements Job<Payload, null> {
    async run(payload: Payload) {
      contestant.onJob(payload);
      return null;
    }
  }
  JobHandler(`bench.c${concurrency}`, { concurrency })(BenchJob);
  class AppModule {}
  const app = await NestFactory.createApplicationContext(
    { module: AppModule, imports: [await JobsModule.forRoot({ backend, execute })], providers: [BenchJob] },
    { logger: false },
  );
  const jobs = app.get(JobsService);
  const job: JobClass<Payload, null> = BenchJob;
  return Object.assign(contestant, {
    enqueue: (payload: Payload) => jobs.enqueue(job, payload),
    enqueueMany: (payloads: Payload[]) => jobs.enqueueMany(job, payloads),
    pause: () => jobs.queue(job).pause(),
    resume: () => jobs.queue(job).resume(),
    close: () => app.close(),
  });
}

/** bullmq as it is, with the lease and the retention that ours has. */
function bullmq(
  connection: never,
  prefix: string,
  concurrency: number,
  factory: BackendFactory<RedisQueueBackend>,
): Contestant {
  const contestant = { onJob: () => undefined } as unknown as Contestant;
  const shared = { connection, prefix };
  const keep = { removeOnComplete: { age: 3_600, count: 1_000 }, removeOnFail: { age: 1_209_600, count: 10_000 } };
  // Names as long as ours: the keys are sent with every command.
  const queue = new Queue<Payload>(`bench.c${concurrency}`, { ...shared, defaultJobOptions: keep }, factory);
  const worker = new Worker<Payload>(
    queue.name,
    async ({ data }) => {
      contestant.onJob(data);
      return null;
    },
    { ...shared, ...keep, concurrency, lockDuration: 8_000, stalledInterval: 2_667 },
    factory,
  );
  return Object.assign(contestant, {
    enqueue: (payload: Payload) => queue.add('job', payload, { attempts: 12 }),
    enqueueMany: (payloads: Payload[]) =>
      queue.addBulk(payloads.map((data) => ({ name: 'job', data, opts: { attempts: 12 } }))),
    pause: () => queue.pause(),
    resume: () => queue.resume(),
    close: async () => {
      await worker.close();
      await queue.close();
    },
  });
}

/** Ours and bullmq on one Redis. */
export async function onRedis(url: string, namespace: string, concurrency: number) {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const raw = bullmq(connection as never, `{${namespace}:rawq}`, concurrency, createRedisBackend);
  const { close } = raw;
  raw.close = async () => {
    await close();
    connection.disconnect();
  };
  return { ours: await ours(redis({ url, namespace }), concurrency), bullmq: raw };
}

/** Ours, bullmq and those that are at home there, on one PostgreSQL. */
export async function onPostgres(url: string, namespace: string, concurrency: number) {
  const schema = `raw_${namespace}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await runMigrations(client, schema);
  await client.end();
  const raw = bullmq(
    { connectionString: url, schema } as never,
    namespace,
    concurrency,
    createPostgresBackend as never,
  );
  return {
    ours: await ours(postgres({ url, namespace }), concurrency),
    bullmq: raw,
    'pg-boss': await pgBoss(url, `${namespace}c${concurrency}`, concurrency),
    'graphile-worker': await graphile(url, `${namespace}c${concurrency}`, concurrency),
  };
}
