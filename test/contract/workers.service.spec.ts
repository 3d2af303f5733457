import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ReplicaIdentity } from '@rookery/core';
import {
  ClusteredInterval,
  ClusteredCron,
  UnknownTaskError,
  WorkerHandler,
  WorkersModule,
  type WorkerRun,
} from '@rookery/workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BACKENDS, service, type TestCluster } from './workers.cluster.js';

const SLOW = { timeout: 30_000, interval: 50 };
const YEARLY = '0 0 1 1 *';

describe.each(BACKENDS)('WorkersService on %s', (_kind, create) => {
  let cluster: TestCluster;
  let runs: WorkerRun[];

  beforeEach(() => {
    cluster = create();
    runs = [];
  });
  afterEach(() => cluster.stop());

  function tasks() {
    @Injectable()
    class Tasks {
      @ClusteredCron(YEARLY, { name: 'yearly' }) yearly(run: WorkerRun) {
        runs.push(run);
      }
      @ClusteredInterval(200, { name: 'often' }) often(run: WorkerRun) {
        runs.push(run);
      }
      @WorkerHandler('report') report(run: WorkerRun<{ tenant: string }>) {
        runs.push(run);
      }
    }
    return Tasks;
  }
  const of = (name: string) => runs.filter((run) => run.name === name);
  const bystander = { enabled: false };

  it('runs a task now, asked from a replica that runs none', async () => {
    await cluster.start({ providers: [tasks()] });
    const workers = service(await cluster.start({ ...bystander, providers: [tasks()] }));
    const runId = await workers.runNow('yearly');
    await vi.waitFor(() => expect(of('yearly').map((run) => run.runId)).toEqual([runId]), SLOW);
    await vi.waitFor(
      async () => expect((await workers.history('yearly'))[0]).toMatchObject({ runId, attempt: 1 }),
      SLOW,
    );
    const info = (await workers.list()).find(({ name }) => name === 'yearly')!;
    expect(info).toMatchObject({ consecutiveFailures: 0, overdueMs: 0, runs: [], lastRun: { status: 'succeeded' } });
    expect(info.nextAt!.getUTCMonth()).toBe(0);
  });

  it('pauses for the whole cluster and over restarts, and resumes without making up', async () => {
    const app = await cluster.start({ providers: [tasks()] });
    await vi.waitFor(() => expect(of('often').length).toBeGreaterThan(1), SLOW);
    await service(app).pause('often');
    await sleep(300);
    const count = of('often').length;
    await cluster.stop();
    const [again] = await cluster.startThree(tasks());
    await sleep(1_200);
    expect(of('often')).toHaveLength(count);
    expect((await service(again).list()).find(({ name }) => name === 'often')).toMatchObject({
      paused: true,
      nextAt: null,
    });
    const resumedAt = Date.now();
    await service(again).resume('often');
    await vi.waitFor(() => expect(of('often').length).toBeGreaterThan(count), SLOW);
    expect(of('often')[count].scheduledAt.getTime()).toBeGreaterThan(resumedAt - 1_000);
    expect(of('often')[count].missed).toBe(0);
  });

  it('follows dynamic schedules on every replica, changes and removes them', async () => {
    const workers = service(await cluster.start({ ...bystander }));
    await cluster.startThree(tasks());
    const report = { name: 'report:acme', handler: 'report', data: { tenant: 'acme' } };
    await workers.upsert({ ...report, everyMs: 300 });
    await vi.waitFor(() => expect(of('report:acme').length).toBeGreaterThan(2), SLOW);
    expect(of('report:acme')[0].data).toEqual({ tenant: 'acme' });

    await workers.upsert({ ...report, data: { tenant: 'other' }, everyMs: 300 });
    await vi.waitFor(() => expect(of('report:acme').at(-1)!.data).toEqual({ tenant: 'other' }), SLOW);
    await workers.upsert({ ...report, cron: YEARLY, timeZone: 'Europe/Rome' });
    await sleep(300);
    const count = of('report:acme').length;
    await sleep(900);
    expect(of('report:acme')).toHaveLength(count);

    expect(await workers.remove('report:acme')).toBe(true);
    expect(await workers.remove('report:acme')).toBe(false);
    await expect(workers.history('report:acme')).rejects.toThrow(UnknownTaskError);
  });

  it('runs a schedule for one moment once, and keeps dynamic schedules over a restart', async () => {
    const app = await cluster.start({ providers: [tasks()] });
    await service(app).upsert({ name: 'soon', handler: 'report', at: new Date(Date.now() + 600) });
    await service(app).upsert({ name: 'kept', handler: 'report', everyMs: 300 });
    await vi.waitFor(() => expect(of('soon')).toHaveLength(1), SLOW);
    await cluster.stop();
    const count = of('kept').length;
    await cluster.start({ providers: [tasks()] });
    await vi.waitFor(() => expect(of('kept').length).toBeGreaterThan(count + 2), SLOW);
    expect(of('soon')).toHaveLength(1);
  });

  it('runs something once in the life of the cluster', async () => {
    const apps = await Promise.all([1, 2, 3].map(() => cluster.start()));
    let seeded = 0;
    const seed = async () => {
      await sleep(200);
      seeded++;
    };
    const ran = await Promise.all(apps.map((app) => service(app).runOnce('seed', seed)));
    expect(ran.filter(Boolean)).toHaveLength(1);
    expect(seeded).toBe(1);
    await cluster.stop();
    expect(await service(await cluster.start()).runOnce('seed', seed)).toBe(false);
    expect(seeded).toBe(1);
  });

  it('tries again what was to run once and failed', async () => {
    const workers = service(await cluster.start());
    await expect(workers.runOnce('seed', () => Promise.reject(new Error('no table')))).rejects.toThrow('no table');
    expect(await workers.runOnce('seed', async () => undefined)).toBe(true);
    expect(await workers.list()).not.toContainEqual(expect.objectContaining({ kind: 'once' }));
  });

  it('is set up asynchronously as well', async () => {
    const options = { enabled: false, application: 'async' };
    const module = WorkersModule.forRootAsync({ useFactory: async () => options });
    const app = await Test.createTestingModule({ imports: [module] }).compile();
    await app.init();
    expect(await service(app).list()).toEqual([]);
    await app.close();
  });

  it('runs nothing where it is not enabled or the role is missing', async () => {
    const identity = { provide: ReplicaIdentity, useValue: new ReplicaIdentity({ roles: ['web'] }) };
    const roleless = {
      imports: [{ module: class Roles {}, global: true, providers: [identity], exports: [identity] }],
    };
    await cluster.start({ ...bystander, providers: [tasks()] });
    const app = await cluster.start({ ...roleless, providers: [tasks()] });
    await sleep(1_000);
    expect(runs).toEqual([]);
    expect(await service(app).list()).toEqual([]);
  });

  it('keeps two applications on one store apart', async () => {
    const one = await cluster.start({ application: 'one', providers: [tasks()] });
    const two = await cluster.start({ application: 'two' });
    await vi.waitFor(() => expect(of('often').length).toBeGreaterThan(1), SLOW);
    expect((await service(two).list()).map(({ name }) => name)).toEqual(['@leader']);
    await service(one).upsert({ name: 'mine', handler: 'report', everyMs: 200 });
    expect(await service(two).remove('mine')).toBe(false);
  });

  it('leaves tasks that a newer replica brought to those that have the code', async () => {
    const old: WorkerRun[] = [];

    @Injectable()
    class Old {
      @ClusteredInterval(200, { name: 'often' }) often(run: WorkerRun) {
        old.push(run);
      }
    }
    const app = await cluster.start({ providers: [Old] });
    await cluster.start({ providers: [tasks()] });
    await vi.waitFor(() => expect(of('often').length).toBeGreaterThan(1), SLOW);
    await vi.waitFor(() => expect(old.length).toBeGreaterThan(1), SLOW);
    await service(app).runNow('yearly');
    await vi.waitFor(() => expect(of('yearly')).toHaveLength(1), SLOW);
    const slots = [...old, ...of('often')].map(({ scheduledAt }) => scheduledAt.getTime());
    expect(new Set(slots).size).toBe(slots.length);
  });
});
