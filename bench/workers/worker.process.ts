// One replica with some tasks, ours or a rival's; forked by group.ts, which it tells of every run.
import { Redis } from 'ioredis';
import { Test } from '@nestjs/testing';
import { postgres } from '@rookery/core/postgres';
import { redis, type RedisBackend } from '@rookery/core/redis';
import { ClusteredInterval, WorkersModule, type WorkerRun } from '@rookery/workers';
import { Queue, Worker, type Job } from 'bullmq';
import PgBoss from 'pg-boss';

/** What a replica is told to do. */
export interface Assignment {
  url: string;
  namespace: string;
  /** How many tasks on the same grid. */
  tasks: number;
  everyMs: number;
  misfire?: 'once' | 'all';
  /** Runs that never end. */
  endless?: boolean;
}

/** What it tells: each run that begins, by the slot it stands for. */
export interface RunMessage {
  task: string;
  slot: number;
  at: number;
  missed: number;
}

const [, , contestant, text] = process.argv as [string, string, string, string];
const { url, namespace, tasks, everyMs, misfire, endless }: Assignment = JSON.parse(text) as Assignment;
const names = Array.from({ length: tasks }, (_, index) => `task-${index}`);

function begin(task: string, slot: number, missed = 0): Promise<void> {
  process.send!({ task, slot, missed, at: Date.now() } satisfies RunMessage);
  return endless ? new Promise(() => undefined) : Promise.resolve();
}

let commands = 0;
/** Also counts what the client's copies send. */
function counted<Client extends Redis>(client: Client): Client {
  const [send, duplicate] = [client.sendCommand.bind(client), client.duplicate.bind(client)];
  client.sendCommand = (...args) => (commands++, send(...args));
  client.duplicate = (...args) => counted(duplicate(...args));
  return client;
}

async function ours(backend: ReturnType<typeof redis> | ReturnType<typeof postgres>): Promise<void> {
  class Tasks {}
  for (const name of names) {
    const run = ({ scheduledAt, missed }: WorkerRun) => begin(name, scheduledAt.getTime(), missed);
    Object.defineProperty(Tasks.prototype, name, { value: run });
    const options = { name, misfire, maxAttempts: 100 };
    ClusteredInterval(everyMs, options)(Tasks.prototype, name, { value: run });
  }
  const imports = [WorkersModule.forRoot({ backend })];
  const app = await Test.createTestingModule({ imports, providers: [Tasks] }).compile();
  await app.init();
}

const contestants: Record<string, () => Promise<void>> = {
  'ours-redis': async () => {
    const backend: RedisBackend = redis({ url, namespace });
    await backend.open();
    counted(backend.client as Redis);
    await ours(backend);
  },
  'ours-postgres': async () => {
    const backend = postgres({ url, namespace });
    await backend.open();
    const original = backend.pool.query.bind(backend.pool) as (...args: unknown[]) => unknown;
    backend.pool.query = ((...args: unknown[]) => (commands++, original(...args))) as never;
    await ours(backend);
  },
  bullmq: async () => {
    const connection = counted(new Redis(url, { maxRetriesPerRequest: null }));
    const queue = new Queue(namespace, { connection });
    // BullMQ's own slot: when the job was due.
    const run = (job: Job) => begin(job.name, job.timestamp + (job.opts.delay ?? 0));
    const worker = new Worker(namespace, run, { connection, concurrency: 200 });
    await worker.waitUntilReady();
    for (const name of names) await queue.upsertJobScheduler(name, { every: everyMs }, { name });
  },
  'pg-boss': async () => {
    const boss = new PgBoss({ connectionString: url, schema: namespace });
    boss.on('error', () => undefined);
    await boss.start();
    for (const name of names) {
      await boss.createQueue(name);
      await boss.work(name, () => begin(name, Math.floor(Date.now() / 60_000) * 60_000));
      await boss.schedule(name, '* * * * *');
    }
  },
};

await contestants[contestant]!();
process.on('message', () => process.send!({ commands }));
process.send!('ready');
