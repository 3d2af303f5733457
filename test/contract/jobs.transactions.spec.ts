import { NestFactory } from '@nestjs/core';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { Backend, BackendKind } from '@rookery/core';
import { postgres } from '@rookery/core/postgres';
import { JobsModule, JobsService } from '@rookery/jobs';
import { jobOf } from '@rookery/jobs/testing';
import { DataSource } from 'typeorm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';
import { freshPostgresUrl, postgresUrl } from '../services.js';

const WAIT = { timeout: 20_000 };
/** For handlers: the DataSource of the app that runs them. */
const source: { current?: DataSource } = {};
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** An app with a TypeORM DataSource of its own beside its jobs. */
async function app(backend: Backend, jobs: never[], url = postgresUrl()) {
  class AppModule {}
  const context = await NestFactory.createApplicationContext(
    {
      module: AppModule,
      imports: [
        await JobsModule.forRoot({ backend, execute: jobs.length > 0 }),
        TypeOrmModule.forRoot({ type: 'postgres', url, installExtensions: false, poolSize: 4 }),
      ],
      providers: jobs,
    },
    { logger: ['error', 'fatal'] },
  );
  closing.push(() => context.close());
  return { jobs: context.get(JobsService), dataSource: context.get<DataSource>(getDataSourceToken()), context };
}

const kinds: BackendKind[] = ['memory', 'redis', 'postgres'];
describe.each(kinds)('enqueue in a transaction, jobs on %s', (kind) => {
  const backends = backendsOf(kind);
  const namespace = freshNamespace();
  const recorded = () => {
    const seen: unknown[] = [];
    return { seen, Recorded: jobOf((args: unknown) => void seen.push(args)) };
  };

  it('is waited for as soon as the transaction has committed', async () => {
    const Sum = jobOf((n: number) => n + 1);
    const { jobs, dataSource } = await app(backends(namespace), [Sum as never]);
    const job = await dataSource.transaction((manager) => jobs.enqueue(Sum, 1, { manager }));
    expect(await job.waitUntilDone()).toBe(2);
  });

  it('counts when the transaction commits, not before, and not when it rolls back', async () => {
    const { seen, Recorded } = recorded();
    const { jobs, dataSource } = await app(backends(namespace), [Recorded as never]);
    const job = await dataSource.transaction(async (manager) => {
      const enqueued = await jobs.enqueue(Recorded, 'committed', { manager });
      await jobs.enqueueMany(Recorded, ['a', 'b'], { manager });
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(seen).toEqual([]);
      return enqueued;
    });
    const rolledBack = dataSource.transaction(async (manager) => {
      await jobs.enqueue(Recorded, 'rolled back', { manager });
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    await vi.waitFor(
      () => expect(seen.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual(['a', 'b', 'committed']),
      WAIT,
    );
    await vi.waitFor(async () => expect(await job.state()).toBe('completed'), WAIT);
    await (await jobs.enqueue(Recorded, 'last')).waitUntilDone();
    expect(seen).not.toContain('rolled back');
  });

  it('follows savepoints', async () => {
    const { seen, Recorded } = recorded();
    const { jobs, dataSource } = await app(backends(namespace), [Recorded as never]);
    await dataSource.transaction(async (manager) => {
      await jobs.enqueue(Recorded, 'outer', { manager });
      const inner = manager.transaction(async (nested) => {
        await jobs.enqueue(Recorded, 'inner', { manager: nested });
        throw new Error('inner only');
      });
      await inner.catch(() => undefined);
    });
    await vi.waitFor(() => expect(seen).toEqual(['outer']), WAIT);
    await (await jobs.enqueue(Recorded, 'last')).waitUntilDone();
    expect(seen).toEqual(['outer', 'last']);
  });

  it('keeps delay and dedupe key', async () => {
    const { seen, Recorded } = recorded();
    const { jobs, dataSource } = await app(backends(namespace), [Recorded as never]);
    const delayed = await dataSource.transaction(async (manager) => {
      const later = await jobs.enqueue(Recorded, 'later', { manager, delayMs: 600_000, dedupeKey: 'k' });
      await jobs.enqueue(Recorded, 'too many', { manager, dedupeKey: 'k' });
      return later;
    });
    await vi.waitFor(async () => expect(await delayed.state()).toBe('delayed'), WAIT);
    await (await jobs.enqueue(Recorded, 'last')).waitUntilDone();
    expect(seen).toEqual(['last']);
  });

  it('refuses a manager that is in no transaction', async () => {
    const { Recorded } = recorded();
    const { jobs, dataSource } = await app(backends(namespace), []);
    const { manager } = dataSource;
    await expect(jobs.enqueue(Recorded, null, { manager })).rejects.toThrow(/outside a transaction/);
  });
});

it('delivers from the database of the transaction when the jobs live in another one', async () => {
  const seen: unknown[] = [];
  const Recorded = jobOf((args: unknown) => void seen.push(args));
  const backend = postgres({ url: postgresUrl(), namespace: freshNamespace(), poolSize: 4 });
  const { jobs, dataSource } = await app(backend, [Recorded as never], await freshPostgresUrl());
  await dataSource.transaction((manager) => jobs.enqueue(Recorded, 1, { manager }));
  await vi.waitFor(() => expect(seen).toEqual([1]), WAIT);
});

it('delivers what a replica left behind that died between its commit and the delivery', async () => {
  const namespace = freshNamespace();
  const backends = backendsOf('redis');
  const seen: unknown[] = [];
  const Recorded = jobOf((args: unknown) => void seen.push(args));
  const { jobs, dataSource } = await app(backends(namespace), []);
  await dataSource.transaction((manager) => jobs.enqueue(Recorded, 'first', { manager }));
  await vi.waitFor(async () => expect(await jobs.queue(Recorded).stats()).toMatchObject({ waiting: 1 }), WAIT);
  // What the dead one has left: a row that nobody was woken for.
  const left = { id: 'left-1', queue: jobs.queue(Recorded).name, name: jobs.queue(Recorded).name, args: 'left' };
  await dataSource.query('insert into rookery.jobs_outbox (namespace, job) values ($1, $2)', [
    namespace,
    { ...left, delayMs: 0, priority: 0, attempts: 1 },
  ]);
  await app(backends(namespace), [Recorded as never]);
  await vi.waitFor(() => expect(seen).toEqual(['first', 'left']), WAIT);
});

describe('completing a job in the transaction of its work', () => {
  it('happens with the commit, exactly once', async () => {
    const backend = postgres({ url: postgresUrl(), namespace: freshNamespace(), poolSize: 4 });
    const table = `effects_${freshNamespace()}`;
    const Effect = jobOf(
      async (fail: boolean, ctx) => {
        await source.current!.transaction(async (manager) => {
          await manager.query(`insert into ${table} values ($1)`, [ctx.attempt]);
          await ctx.completeIn(manager, { done: true });
          if (fail && ctx.attempt === 1) throw new Error('rolled back');
        });
        throw new Error('after the commit this changes nothing');
      },
      { attempts: 3, backoff: { delayMs: 10 } },
    );
    const { jobs, dataSource } = await app(backend, [Effect as never]);
    source.current = dataSource;
    await dataSource.query(`create table ${table} (attempt int)`);
    const job = await jobs.enqueue(Effect, false);
    expect(await job.waitUntilDone()).toEqual({ done: true });
    const retried = await jobs.enqueue(Effect, true);
    expect(await retried.waitUntilDone()).toEqual({ done: true });
    const rows = await dataSource.query<{ attempt: number }[]>(`select attempt from ${table} order by attempt`);
    expect(rows.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('is refused where the job lives in another store', async () => {
    const Effect = jobOf((_: null, ctx) => source.current!.transaction((manager) => ctx.completeIn(manager)));
    const { jobs, dataSource } = await app(backendsOf('redis')(freshNamespace()), [Effect as never]);
    source.current = dataSource;
    await expect((await jobs.enqueue(Effect, null)).waitUntilDone()).rejects.toThrow(/of another store than the job/);
  });
});
