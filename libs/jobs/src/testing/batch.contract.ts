import { randomBytes } from 'node:crypto';
import { Injectable, Scope, type Type } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { JobHandler } from '../decorators/job-handler.decorator.js';
import type { BatchItem, BatchJob, JobClass } from '../job.js';
import { currentJob } from '../job-context.js';
import type { JobHandlerOptions } from '../jobs.options.js';
import { Replicas, type JobsContractHost } from './replicas.js';

const WAIT = { timeout: 20_000 };

function batchOf<Args, Result>(
  runBatch: BatchJob<Args, Result>['runBatch'],
  options: JobHandlerOptions,
): JobClass<Args, Result> & Type<BatchJob<Args, Result>> {
  @JobHandler(`batch.${randomBytes(6).toString('hex')}`, { attempts: 1, ...options })
  class ScriptedBatch implements BatchJob<Args, Result> {
    runBatch(batch: readonly BatchItem<Args>[]) {
      return runBatch(batch);
    }
  }
  return ScriptedBatch;
}

export function batchContract(host: JobsContractHost): void {
  describe('batches', () => {
    const replicas = new Replicas(host);
    afterEach(() => replicas.stopAll());

    it('hand over as many jobs as they may, each with a result of its own', async () => {
      const sizes: number[] = [];
      const Sum = batchOf(
        (batch: readonly BatchItem<number>[]) => {
          sizes.push(batch.length);
          expect(currentJob()).toBeUndefined();
          return batch.map(({ args, ctx }) => `${args + 1} ${ctx.attempt}`);
        },
        { batch: { size: 20, waitMs: 10_000 } },
      );
      const { jobs } = await replicas.start([Sum]);
      const all = await jobs.enqueueMany(
        Sum,
        Array.from({ length: 40 }, (_, n) => n),
      );
      const results = await Promise.all(all.map((job) => job.waitUntilDone()));
      expect(results).toEqual(all.map((_, n) => `${n + 1} 1`));
      expect(sizes).toEqual([20, 20]);
    });

    it('do not wait for ever for company', async () => {
      const Lone = batchOf((batch: readonly BatchItem<null>[]) => batch.map(() => batch.length), {
        batch: { size: 100 },
      });
      const { jobs } = await replicas.start([Lone]);
      expect(await (await jobs.enqueue(Lone, null)).waitUntilDone()).toBe(1);
    });

    it('fail and retry only those of which they say so, or all when they throw', async () => {
      const runs: string[] = [];
      const Picky = batchOf(
        (batch: readonly BatchItem<string>[]) => {
          runs.push(...batch.map(({ args, ctx }) => `${args} ${ctx.attempt}`));
          if (batch.some(({ args }) => args === 'poison')) throw new Error('all of them');
          return batch.map(({ args, ctx }) => (args === 'bad' && ctx.attempt === 1 ? new Error('not yet') : args));
        },
        { batch: { size: 2, waitMs: 100 }, attempts: 2, backoff: { delayMs: 10 } },
      );
      const { jobs } = await replicas.start([Picky]);
      const both = await jobs.enqueueMany(Picky, ['good', 'bad']);
      expect(await Promise.all(both.map((job) => job.waitUntilDone()))).toEqual(['good', 'bad']);
      expect(runs).toEqual(['good 1', 'bad 1', 'bad 2']);
      const poison = await jobs.enqueue(Picky, 'poison');
      await expect(poison.waitUntilDone()).rejects.toThrow('all of them');
      expect((await poison.info())!.attemptsMade).toBe(2);
    });

    it('leave out what is cancelled while it waits, and refuse an answer that does not fit', async () => {
      const ran: number[] = [];
      const Short = batchOf(
        (batch: readonly BatchItem<number>[]) => {
          ran.push(...batch.map(({ args }) => args));
          return [];
        },
        { batch: { size: 2, waitMs: 60_000 } },
      );
      const { jobs } = await replicas.start([Short]);
      const first = await jobs.enqueue(Short, 1);
      await vi.waitFor(async () => expect(await first.state()).toBe('active'), WAIT);
      await first.cancel();
      const second = await jobs.enqueue(Short, 2);
      await expect(second.waitUntilDone()).rejects.toThrow(/0 results for 1 jobs/);
      await expect(first.waitUntilDone()).rejects.toThrow(/was cancelled/);
      expect(ran).toEqual([2]);
    });

    it('stop the boot when they cannot work', async () => {
      @JobHandler('batch.without-method', { batch: { size: 2 } })
      class WithoutMethod {}
      await expect(replicas.start([WithoutMethod])).rejects.toThrow(/WithoutMethod .* no method runBatch/);
      @Injectable({ scope: Scope.REQUEST })
      class PerRequest {}
      @JobHandler('batch.scoped', { batch: { size: 2 } })
      class ScopedBatch implements BatchJob {
        runBatch() {}
      }
      Reflect.defineMetadata('design:paramtypes', [PerRequest], ScopedBatch);
      await expect(replicas.start([ScopedBatch, PerRequest])).rejects.toThrow(/ScopedBatch .* request-scoped/);
      const Narrow = batchOf(() => {}, { batch: { size: 20 }, concurrency: 5 });
      await expect(replicas.start([Narrow])).rejects.toThrow(/at least 20, the size of its batches/);
    });
  });
}
