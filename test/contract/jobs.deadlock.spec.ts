import { jobOf, Replicas } from '@rookery/jobs/testing';
import pg from 'pg';
import { expect, it, onTestFinished, vi } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';
import { postgresUrl } from '../services.js';

const backends = backendsOf('postgres');

it('a job whose end PostgreSQL refuses, to end a deadlock, does not run again', async () => {
  const namespace = freshNamespace();
  const replicas = new Replicas({ backend: () => backends(namespace) });
  const other = new pg.Client({ connectionString: postgresUrl() });
  await other.connect();
  onTestFinished(async () => {
    await other.end();
    await replicas.stopAll();
  });
  let runs = 0;
  const Paid = jobOf(() => ++runs, { attempts: 3, backoff: { delayMs: 1, jitter: 0 } });
  const { jobs } = await replicas.start([Paid]);

  // The end of a job locks its row, then its dedupeKey. Another session locks the same two in the other order.
  const queue = jobs.queue(Paid).name;
  const waiting = `select count(*) from pg_locks where locktype = 'advisory' and not granted
                      and objid = (hashtext($1)::bigint & 4294967295)::oid`;
  const key = `bullmq:dedup:${queue}:order-7`;
  const job = await jobs.enqueue(Paid, null, { dedupeKey: 'order-7', delayMs: 500 });
  await other.query('begin');
  await other.query('select pg_advisory_xact_lock(hashtext($1))', [key]);
  await vi.waitFor(async () => expect((await other.query(waiting, [key])).rows).toEqual([{ count: '1' }]), 10_000);
  await other.query(`update rookery_jobs_${namespace}.job set priority = priority where id = $1`, [job.id]);
  await other.query('commit');

  expect(await job.waitUntilDone()).toBe(1);
  expect(await job.info()).toMatchObject({ state: 'completed', attemptsMade: 1 });
  expect(runs).toBe(1);
}, 30_000);
