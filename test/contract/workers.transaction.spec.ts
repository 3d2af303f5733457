import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ClusteredInterval, RunAlreadyDoneError, type WorkerRun } from '@rookery/workers';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freshPostgresUrl } from '../services.js';
import { BACKENDS, service } from './workers.cluster.js';

const SLOW = { timeout: 30_000, interval: 50 };

describe.each(BACKENDS)('completeIn on %s', (_kind, create) => {
  let dataSource: DataSource;
  beforeAll(async () => {
    const url = await freshPostgresUrl();
    dataSource = await new DataSource({ type: 'postgres', url, installExtensions: false }).initialize();
    await dataSource.query('create table effects (slot bigint)');
  });
  afterAll(() => dataSource.destroy());

  it('lets one attempt at a slot commit, and calls the later one good', async () => {
    const cluster = create();
    const errors: unknown[] = [];
    const attempts: WorkerRun[] = [];

    @Injectable()
    class Tasks {
      @ClusteredInterval(60_000, { name: 'task' }) async task(run: WorkerRun) {
        attempts.push(run);
        try {
          await dataSource.transaction(async (manager) => {
            await manager.query('insert into effects values ($1)', [run.scheduledAt.getTime()]);
            await run.completeIn(manager);
          });
        } catch (error) {
          errors.push(error);
          throw error;
        }
        if (run.attempt === 1) await sleep(60_000, undefined, { signal: run.signal }); // and dies before it is recorded
      }
    }
    const app = await cluster.start({ providers: [Tasks], drainMs: 100 });
    await service(app).runNow('task');
    await vi.waitFor(async () => expect(await dataSource.query('select * from effects')).toHaveLength(1), SLOW);
    await app.close();
    expect(attempts).toHaveLength(1);
    const workers = service(await cluster.start({ providers: [Tasks] }));
    await vi.waitFor(() => expect(attempts).toHaveLength(2), SLOW);
    await vi.waitFor(async () => expect((await workers.history('task'))[0].status).toBe('succeeded'), SLOW);
    expect(errors).toEqual([expect.any(RunAlreadyDoneError)]);
    expect(attempts[1].scheduledAt).toEqual(attempts[0].scheduledAt);
    expect(await dataSource.query('select * from effects')).toHaveLength(1);
    await cluster.stop();
  });
});
