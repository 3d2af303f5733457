import { Injectable } from '@nestjs/common';
import { Cron, Interval, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { ClusteredCron, EveryReplica } from '@rookery/workers';
import { CronJob, CronTime } from 'cron';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BACKENDS, service, type TestCluster } from './workers.cluster.js';

const SLOW = { timeout: 30_000, interval: 50 };
const YEARLY = '0 0 1 1 *';
const ids = new WeakMap<object, number>();

describe.each(BACKENDS)('@nestjs/schedule on %s', (_kind, create) => {
  let cluster: TestCluster;
  let calls: { what: string; replica: number; at: number }[];
  const of = (what: string) => calls.filter((call) => call.what === what);
  const adopting = { adopt: true, imports: [ScheduleModule.forRoot()] };

  beforeEach(() => {
    calls = [];
    cluster = create();
  });
  afterEach(() => cluster.stop());

  function note(what: string, owner: object): void {
    if (!ids.has(owner)) ids.set(owner, calls.length + 1);
    calls.push({ what, replica: ids.get(owner)!, at: Math.round(Date.now() / 1_000) });
  }

  function tasks() {
    @Injectable()
    class Tasks {
      @Cron('* * * * * *') cron() {
        note('cron', this);
      }
      @Interval(300) async interval() {
        note('interval', this);
      }
      @Timeout('hello', 200) timeout() {
        note('timeout', this);
      }
      @EveryReplica() @Interval('local', 200) local() {
        note('local', this);
      }
      @EveryReplica() @Cron('* * * * * *', { name: 'local-cron' }) localCron() {
        note('local-cron', this);
      }
    }
    return Tasks;
  }

  it('adopts decorated methods, except those that stay on every replica', async () => {
    const providers = [tasks()];
    await Promise.all([1, 2].map(() => cluster.start({ ...adopting, providers })));
    await vi.waitFor(() => expect(of('cron').length).toBeGreaterThan(5), SLOW);
    const seconds = of('cron').map(({ at }) => at);
    expect(seconds.length).toBeLessThanOrEqual(Math.max(...seconds) - Math.min(...seconds) + 1);
    expect(of('timeout')).toHaveLength(1);
    expect(of('interval').length).toBeLessThan(3.5 * (Math.max(...seconds) - Math.min(...seconds) + 2));
    expect(new Set(of('local').map(({ replica }) => replica)).size).toBe(2);
    expect(new Set(of('local-cron').map(({ replica }) => replica)).size).toBe(2);
  });

  it('keeps the registry working for adopted methods', async () => {
    const app = await cluster.start({ ...adopting, providers: [tasks()] });
    const registry = app.get(SchedulerRegistry);
    expect([...registry.getCronJobs().keys()].sort()).toEqual(['Tasks.cron', 'local-cron']);
    expect(registry.getIntervals().sort()).toEqual(['Tasks.interval', 'local']);
    expect(registry.getTimeouts()).toEqual(['hello']);
    await vi.waitFor(() => expect(of('cron').length).toBeGreaterThan(0), SLOW);
    registry.deleteCronJob('Tasks.cron');
    registry.deleteInterval('Tasks.interval');
    const [crons, intervals] = [of('cron').length, of('interval').length];
    const locals = of('local').length;
    await vi.waitFor(() => expect(of('local').length).toBeGreaterThan(locals + 8), SLOW);
    expect(of('cron').length).toBeLessThanOrEqual(crons + 1);
    expect(of('interval').length).toBeLessThanOrEqual(intervals + 1);
  });

  it('adopts jobs that the app adds itself, and lets it start, stop, fire and change them', async () => {
    const apps = await Promise.all([1, 2].map(() => cluster.start(adopting)));
    const owner = {};
    const jobs = apps.map((app) => {
      const job = new CronJob(YEARLY, () => note('own', owner), null, true);
      app.get(SchedulerRegistry).addCronJob('own', job);
      app.get(SchedulerRegistry).addInterval(
        'own-interval',
        setInterval(() => note('own-interval', owner), 500),
      );
      return job;
    });
    expect(jobs[0].isActive).toBe(true);
    await jobs[0].fireOnTick();
    expect(of('own')).toHaveLength(1);
    await vi.waitFor(() => expect(of('own-interval').length).toBeGreaterThan(4), SLOW);
    const span = of('own-interval').at(-1)!.at - of('own-interval')[0].at;
    expect(of('own-interval').length).toBeLessThanOrEqual(2 * (span + 1) + 1);

    for (const job of jobs) job.setTime(new CronTime('* * * * * *'));
    await vi.waitFor(() => expect(of('own').length).toBeGreaterThan(7), SLOW);
    const seconds = of('own')
      .slice(1)
      .map(({ at }) => at);
    expect(seconds.length).toBeLessThanOrEqual(Math.max(...seconds) - Math.min(...seconds) + 1);
    for (const job of jobs) void job.stop();
    expect(jobs[0].isActive).toBe(false);
  });

  it('shows clustered crons in the registry, where they can be looked at and fired', async () => {
    @Injectable()
    class Tasks {
      @ClusteredCron(YEARLY, { name: 'yearly', timeZone: 'Europe/Rome' }) yearly() {
        note('yearly', this);
      }
    }
    const app = await cluster.start({ imports: [ScheduleModule.forRoot()], providers: [Tasks] });
    const job = app.get(SchedulerRegistry).getCronJob('yearly');
    expect(job.isActive).toBe(true);
    expect(job.nextDate().zoneName).toBe('Europe/Rome');
    await job.fireOnTick();
    await vi.waitFor(() => expect(of('yearly')).toHaveLength(1), SLOW);
    await vi.waitFor(async () => expect((await service(app).history('yearly'))[0].status).toBe('succeeded'), SLOW);
    expect(job.lastDate()).toBeInstanceOf(Date);
  });

  it('refuses to adopt what is not there', async () => {
    await expect(cluster.start({ adopt: true })).rejects.toThrow(/beside ScheduleModule\.forRoot\(\)/);
  });
});
