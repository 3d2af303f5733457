import { Injectable, Scope } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { JobHandler } from '../decorators/job-handler.decorator.js';
import type { Job } from '../job.js';
import { currentJob, type JobContext } from '../job-context.js';
import { JobFailedError, JobTimeoutError, UnrecoverableJobError } from '../jobs.errors.js';
import { jobOf, Replicas, type JobsContractHost } from './replicas.js';

const QUICK = { backoff: { delayMs: 10 } } as const;
const WAIT = { timeout: 20_000 };

export function runContract(host: JobsContractHost): void {
  describe('running a job', () => {
    const replicas = new Replicas(host);
    afterEach(() => replicas.stopAll());

    it('hands over the arguments and answers the result, on whichever replica', async () => {
      const Sum = jobOf(({ a, b }: { a: number; b: number }, ctx) => ({ sum: a + b, attempt: ctx.attempt }));
      await replicas.start([Sum]);
      const { jobs } = await replicas.start();
      const job = await jobs.enqueue(Sum, { a: 1, b: 2 });
      expect(await job.waitUntilDone()).toEqual({ sum: 3, attempt: 1 });
      expect(await job.state()).toBe('completed');
      expect(await job.result()).toEqual({ sum: 3, attempt: 1 });
      expect(await job.info()).toMatchObject({ id: job.id, args: { a: 1, b: 2 }, attemptsMade: 1, crashes: 0 });
    });

    it('tries again until it works', async () => {
      const attempts: number[] = [];
      const Flaky = jobOf(
        (_: null, ctx) => {
          attempts.push(ctx.attempt);
          if (ctx.attempt < 3) throw new Error('not yet');
          return 'done';
        },
        { attempts: 5, ...QUICK },
      );
      const { jobs } = await replicas.start([Flaky]);
      expect(await (await jobs.enqueue(Flaky, null)).waitUntilDone()).toBe('done');
      expect(attempts).toEqual([1, 2, 3]);
    });

    it('waits between the tries', async () => {
      const starts: number[] = [];
      const Slow = jobOf(
        () => {
          starts.push(performance.now());
          throw new Error('no');
        },
        { attempts: 2, backoff: { type: 'fixed', delayMs: 400, jitter: 0 } },
      );
      const { jobs } = await replicas.start([Slow]);
      await expect((await jobs.enqueue(Slow, null)).waitUntilDone()).rejects.toThrow(JobFailedError);
      expect(starts[1] - starts[0]).toBeGreaterThan(390);
    });

    it('fails for good after the last try, with the reason, and can be put back', async () => {
      let broken = true;
      const Broken = jobOf(
        () => {
          if (broken) throw new Error('no such invoice');
          return 'mended';
        },
        { attempts: 2, ...QUICK },
      );
      const { jobs } = await replicas.start([Broken]);
      const job = await jobs.enqueue(Broken, null);
      await expect(job.waitUntilDone()).rejects.toThrow(/no such invoice/);
      const queue = jobs.queue(Broken);
      expect(await queue.failed()).toMatchObject([{ id: job.id, attemptsMade: 2, failedReason: 'no such invoice' }]);
      broken = false;
      expect(await queue.retry(job.id)).toBe(true);
      expect(await job.waitUntilDone()).toBe('mended');
      expect(await queue.retry(job.id)).toBe(false);
    });

    it('does not try again what says it is pointless', async () => {
      const Pointless = jobOf(
        () => {
          throw new UnrecoverableJobError('the account is closed');
        },
        { attempts: 5, ...QUICK },
      );
      const { jobs } = await replicas.start([Pointless]);
      const job = await jobs.enqueue(Pointless, null);
      await expect(job.waitUntilDone()).rejects.toThrow(/account is closed/);
      expect((await job.info())!.attemptsMade).toBe(1);
    });

    it.each([
      ['a string', 'just text'],
      ['an object', { code: 7 }],
      ['undefined', undefined],
      ['an error without words', new Error()],
    ])('keeps a readable reason when a handler throws %s, and lives on', async (_, thrown) => {
      const Thrower = jobOf((fine: boolean) => {
        // oxlint-disable-next-line typescript/only-throw-error -- what handlers should not do
        if (!fine) throw thrown;
        return 'fine';
      });
      const { jobs } = await replicas.start([Thrower]);
      const job = await jobs.enqueue(Thrower, false);
      await expect(job.waitUntilDone()).rejects.toThrow(JobFailedError);
      expect((await job.info())!.failedReason).toMatch(/\w+/);
      expect(await (await jobs.enqueue(Thrower, true)).waitUntilDone()).toBe('fine');
    });

    it('refuses a result that is not JSON', async () => {
      const Odd = jobOf(() => ({ at: new Date() }), { attempts: 5 });
      const { jobs } = await replicas.start([Odd]);
      await expect((await jobs.enqueue(Odd, null)).waitUntilDone()).rejects.toThrow(/result\.at is a Date/);
    });

    it('tells the handler when its time is up, and records the try as failed', async () => {
      const reasons: unknown[] = [];
      const Slow = jobOf(
        (_: null, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              reasons.push(signal.reason);
              reject(signal.reason as Error);
            });
          }),
        { timeoutMs: 100 },
      );
      const { jobs } = await replicas.start([Slow]);
      await expect((await jobs.enqueue(Slow, null)).waitUntilDone()).rejects.toThrow(/not done within 100 ms/);
      expect(reasons).toEqual([expect.any(JobTimeoutError)]);
    });

    it('leaves a handler behind that ignores its signal', async () => {
      const Deaf = jobOf((deaf: boolean) => (deaf ? new Promise(() => {}) : 'heard'), {
        timeoutMs: 100,
        concurrency: 1,
      });
      const { jobs } = await replicas.start([Deaf]);
      const deaf = await jobs.enqueue(Deaf, true);
      const next = await jobs.enqueue(Deaf, false);
      await expect(deaf.waitUntilDone()).rejects.toThrow(/not done within/);
      expect(await next.waitUntilDone()).toBe('heard');
    });

    it('shows progress, and the job to whoever asks for the current one', async () => {
      const seen: unknown[] = [];
      const Talking = jobOf(async (_: null, ctx) => {
        await ctx.progress({ percent: 50 });
        await ctx.log('half way');
        seen.push(currentJob()?.id, ctx.scheduledAt);
      });
      const { jobs } = await replicas.start([Talking]);
      const job = await jobs.enqueue(Talking, null);
      await job.waitUntilDone();
      expect((await job.info())!.progress).toEqual({ percent: 50 });
      expect(seen).toEqual([job.id, expect.any(Date)]);
      expect(currentJob()).toBeUndefined();
    });

    it('runs request-scoped handlers with their dependencies and a signal', async () => {
      @Injectable({ scope: Scope.REQUEST })
      class PerJob {
        readonly mark = Math.random();
      }
      @JobHandler(`scoped.${Math.random()}`)
      class Scoped implements Job<null, number> {
        constructor(private readonly own: PerJob) {}
        run(_: null, ctx: JobContext) {
          expect(ctx.signal.aborted).toBe(false);
          return this.own.mark;
        }
      }
      Reflect.defineMetadata('design:paramtypes', [PerJob], Scoped);
      const { jobs } = await replicas.start([Scoped, PerJob]);
      const both = await Promise.all([jobs.enqueue(Scoped, null), jobs.enqueue(Scoped, null)]);
      const [one, other] = await Promise.all(both.map((job) => job.waitUntilDone()));
      expect(one).not.toBe(other);
    });

    it('runs no more at once than it may', async () => {
      let running = 0;
      let most = 0;
      const Crowded = jobOf(
        async () => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setTimeout(resolve, 20));
          running--;
        },
        { concurrency: 3, globalConcurrency: 4 },
      );
      const { jobs } = await replicas.start([Crowded]);
      await replicas.start([Crowded]);
      const all = await jobs.enqueueMany(
        Crowded,
        Array.from({ length: 30 }, () => null),
      );
      await Promise.all(all.map((job) => job.waitUntilDone()));
      expect(most).toBeGreaterThan(1);
      expect(most).toBeLessThanOrEqual(4);
    });

    it('starts no more per time than it may', async () => {
      let started = 0;
      const Limited = jobOf(() => void started++, { rateLimit: { max: 2, perMs: 60_000 } });
      const { jobs } = await replicas.start([Limited]);
      await jobs.enqueueMany(
        Limited,
        Array.from({ length: 6 }, () => null),
      );
      await vi.waitFor(() => expect(started).toBe(2), WAIT);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(started).toBe(2);
    });
  });
}
