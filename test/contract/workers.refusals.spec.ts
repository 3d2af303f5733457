import { Injectable, Scope } from '@nestjs/common';
import { InvalidInputError, memory } from '@rookery/core';
import {
  ClusteredCron,
  ClusteredInterval,
  ClusteredWorker,
  UnknownTaskError,
  WorkerDefinitionError,
  WorkerHandler,
  type TaskOptions,
} from '@rookery/workers';
import { afterEach, describe, expect, it } from 'vitest';
import { service, TestCluster } from './workers.cluster.js';

const backend = memory();
const cluster = new TestCluster(() => backend);
afterEach(() => cluster.stop());

function cron(expression: string, options: Partial<Parameters<typeof ClusteredCron>[1]> = {}) {
  @Injectable()
  class Tasks {
    @ClusteredCron(expression, { name: 'task', ...options }) run() {}
  }
  return cluster.start({ providers: [Tasks] });
}

function interval(everyMs: number, options: Partial<TaskOptions> = {}) {
  @Injectable()
  class Tasks {
    @ClusteredInterval(everyMs, { name: 'task', ...options }) run() {}
  }
  return cluster.start({ providers: [Tasks] });
}

describe('what stops the boot, naming Class.method', () => {
  it.each(['* * *', 'every monday', '61 * * * *', '*/0 * * * *', '0 0 31 2 *', ''])(
    'the expression "%s"',
    async (text) => {
      await expect(cron(text)).rejects.toThrow(WorkerDefinitionError);
      await expect(cron(text)).rejects.toThrow(/"task" \(Tasks\.run\) has a schedule that cannot be/);
    },
  );

  it('an unknown time zone', async () => {
    await expect(cron('* * * * *', { timeZone: 'Europe/Atlantis' })).rejects.toThrow(/Tasks\.run.*timezone/i);
  });

  it.each([99, 0, -1, NaN, Infinity])('an interval of %s ms', async (everyMs) => {
    await expect(interval(everyMs)).rejects.toThrow(/Tasks\.run.*at least 100/);
  });

  it.each(['', 'x'.repeat(129), 'a\nb', 7 as unknown as string])('the name %j', async (name) => {
    await expect(interval(1_000, { name })).rejects.toThrow(InvalidInputError);
    await expect(interval(1_000, { name })).rejects.toThrow(/Tasks\.run/);
  });

  it.each([
    { misfire: 'twice' },
    { overlap: 'maybe' },
    { onCrash: 'cry' },
    { maxMissed: 0 },
    { maxAttempts: 1.5 },
    { timeoutMs: -1 },
    { jitterMs: '5' },
    { maxLateMs: NaN },
  ])('the option %j', async (option) => {
    await expect(interval(1_000, option as never)).rejects.toThrow(/Tasks\.run is .*, but must be/);
  });

  it('two tasks of one name', async () => {
    @Injectable()
    class Other {
      @ClusteredWorker({ name: 'task' }) async work() {}
      @ClusteredInterval(1_000, { name: 'task' }) run() {}
    }
    await expect(cluster.start({ providers: [Other] })).rejects.toThrow(
      /\(Other\.run\) has the same name as Other\.work/,
    );
  });

  it('a request-scoped owner', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      @ClusteredInterval(1_000, { name: 'task' }) run() {}
    }
    await expect(cluster.start({ providers: [Scoped] })).rejects.toThrow(/Scoped\.run.*request-scoped/);
  });

  it('also where nothing would run', async () => {
    @Injectable()
    class Tasks {
      @ClusteredInterval(1, { name: 'task' }) run() {}
    }
    await expect(cluster.start({ enabled: false, providers: [Tasks] })).rejects.toThrow(/Tasks\.run/);
  });

  it('bad options of the module', async () => {
    await expect(async () => cluster.start({ leaseMs: 100 })).rejects.toThrow(/leaseMs/);
    await expect(async () => cluster.start({ application: '' })).rejects.toThrow(/application/);
  });
});

describe('what the service refuses', () => {
  @Injectable()
  class Tasks {
    @ClusteredInterval(60_000, { name: 'code' }) run() {}
    @ClusteredWorker({ name: 'worker' }) async work(signal: AbortSignal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    }
    @WorkerHandler('handler') handle() {}
  }
  const start = async () => service(await cluster.start({ providers: [Tasks] }));

  it('names that nobody knows', async () => {
    const workers = await start();
    for (const call of [workers.runNow('x'), workers.pause('x'), workers.resume('x'), workers.history('x')])
      await expect(call).rejects.toThrow(UnknownTaskError);
    expect(await workers.remove('x')).toBe(false);
  });

  it('to change what belongs to the code', async () => {
    const workers = await start();
    await expect(workers.upsert({ name: 'code', handler: 'handler', everyMs: 500 })).rejects.toThrow(
      /belongs to a decorator/,
    );
    await expect(workers.remove('code')).rejects.toThrow(/belongs to a decorator/);
    await expect(workers.runNow('worker')).rejects.toThrow(/runs all the time/);
  });

  it('schedules that cannot be', async () => {
    const workers = await start();
    const given = { name: 'dynamic', handler: 'handler' };
    await expect(workers.upsert(given)).rejects.toThrow(/exactly one of cron, everyMs and at, but got 0/);
    await expect(workers.upsert({ ...given, everyMs: 500, cron: '* * * * *' })).rejects.toThrow(/but got 2/);
    await expect(workers.upsert({ ...given, everyMs: 50 })).rejects.toThrow(/at least 100/);
    await expect(workers.upsert({ ...given, cron: 'nonsense' })).rejects.toThrow(WorkerDefinitionError);
    await expect(workers.upsert({ ...given, at: new Date(NaN) })).rejects.toThrow(/the time/);
    await expect(workers.upsert({ ...given, everyMs: 500, name: 'x'.repeat(129) })).rejects.toThrow(InvalidInputError);
    await expect(workers.upsert({ ...given, everyMs: 500, data: 'x'.repeat(70_000) })).rejects.toThrow(/64 KiB/);
    await expect(workers.upsert({ ...given, everyMs: 500, data: 1n })).rejects.toThrow(/data of task "dynamic"/);
    await expect(workers.upsert({ ...given, everyMs: 500, misfire: 'x' as never })).rejects.toThrow(/misfire/);
    expect((await workers.list()).map(({ name }) => name).sort()).toEqual(['@leader', 'code', 'worker']);
  });
});
