import { InvalidInputError } from '@rookery/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { JobDataError, UnknownJobError } from '../jobs.errors.js';
import type { EnqueueOptions } from '../jobs.options.js';
import { jobOf, Replicas, type JobsContractHost } from './replicas.js';

const WAIT = { timeout: 20_000 };

export function enqueueContract(host: JobsContractHost): void {
  describe('enqueueing', () => {
    const replicas = new Replicas(host);
    afterEach(() => replicas.stopAll());
    const echo = () => {
      const seen: unknown[] = [];
      return { seen, Echo: jobOf((args: unknown) => void seen.push(args), { concurrency: 1 }) };
    };

    it('keeps the order of one queue with one worker', async () => {
      const { seen, Echo } = echo();
      const { jobs } = await replicas.start([Echo]);
      await jobs.enqueueMany(Echo, [1, 2, 3]);
      await jobs.enqueue(Echo, 4);
      await vi.waitFor(() => expect(seen).toEqual([1, 2, 3, 4]), WAIT);
    });

    it('lets urgent jobs go first', async () => {
      const { seen, Echo } = echo();
      const { jobs } = await replicas.start([Echo]);
      await jobs.queue(Echo).pause();
      for (const priority of [5, 1, 3, 0]) await jobs.enqueue(Echo, priority, { priority });
      await jobs.queue(Echo).resume();
      await vi.waitFor(() => expect(seen).toEqual([0, 1, 3, 5]), WAIT);
    });

    it.each([
      ['delayMs', (): EnqueueOptions => ({ delayMs: 500 })],
      ['runAt', (): EnqueueOptions => ({ runAt: new Date(Date.now() + 500) })],
    ])('does not run before %s', async (_, options) => {
      const Timed = jobOf((_args: null, ctx) => ({ now: Date.now(), due: ctx.scheduledAt.getTime() }));
      const { jobs } = await replicas.start([Timed]);
      const before = Date.now();
      const job = await jobs.enqueue(Timed, null, options());
      expect(await job.state()).toBe('delayed');
      const { now, due } = await job.waitUntilDone();
      expect(now - before).toBeGreaterThanOrEqual(490);
      expect(Math.abs(due - before - 500)).toBeLessThan(400);
    });

    it('until-done: one at a time, and again once it has ended', async () => {
      const { seen, Echo } = echo();
      const { jobs } = await replicas.start([Echo]);
      await jobs.queue(Echo).pause();
      const first = await jobs.enqueue(Echo, 1, { dedupeKey: 'k' });
      const second = await jobs.enqueue(Echo, 2, { dedupeKey: 'k' });
      const other = await jobs.enqueue(Echo, 3, { dedupeKey: 'other' });
      expect(second.id).toBe(first.id);
      expect(other.id).not.toBe(first.id);
      await jobs.queue(Echo).resume();
      await first.waitUntilDone();
      await (await jobs.enqueue(Echo, 4, { dedupeKey: 'k' })).waitUntilDone();
      expect(seen).toEqual([1, 3, 4]);
    });

    it('throttle: one within the time, also when it is done', async () => {
      const { seen, Echo } = echo();
      const { jobs } = await replicas.start([Echo]);
      const throttled = { dedupeKey: 'k', dedupe: { throttleMs: 60_000 } };
      await (await jobs.enqueue(Echo, 1, throttled)).waitUntilDone();
      await jobs.enqueue(Echo, 2, throttled);
      await (await jobs.enqueue(Echo, 3)).waitUntilDone();
      expect(seen).toEqual([1, 3]);
    });

    it('debounce: the last call, once it has been quiet', async () => {
      const { seen, Echo } = echo();
      const { jobs } = await replicas.start([Echo]);
      for (const n of [1, 2, 3]) await jobs.enqueue(Echo, n, { dedupeKey: 'k', dedupe: { debounceMs: 700 } });
      expect(seen).toEqual([]);
      await vi.waitFor(() => expect(seen).toEqual([3]), WAIT);
    });

    it('latest: what waits takes the last arguments, and what runs is followed by one run', async () => {
      const seen: number[] = [];
      let release = () => {};
      const Latest = jobOf(
        async (n: number) => {
          seen.push(n);
          if (n === 2) await new Promise<void>((resolve) => (release = resolve));
        },
        { concurrency: 1 },
      );
      const { jobs } = await replicas.start([Latest]);
      const latest = { dedupeKey: 'k', dedupe: 'latest' } as const;
      await jobs.queue(Latest).pause();
      await jobs.enqueue(Latest, 1, latest);
      await jobs.enqueue(Latest, 2, latest);
      await jobs.queue(Latest).resume();
      await vi.waitFor(() => expect(seen).toEqual([2]), WAIT);
      for (const n of [3, 4, 5]) await jobs.enqueue(Latest, n, latest);
      release();
      await vi.waitFor(() => expect(seen).toEqual([2, 5]), WAIT);
    });

    it.each([
      ['a Date', { at: new Date() }, /arguments\.at is a Date/],
      ['a Map', { map: new Map() }, /arguments\.map is a Map/],
      ['a function', { f: () => 1 }, /arguments\.f is a function/],
      ['a bigint', [1n], /arguments\[0\] is a bigint/],
      ['NaN', { n: NaN }, /arguments\.n is NaN/],
      ['too much', { text: 'x'.repeat(300_000) }, /more than the 262144 allowed/],
    ])('refuses arguments with %s', async (_, args, message) => {
      const { Echo } = echo();
      const { jobs } = await replicas.start();
      const refused = jobs.enqueue(Echo, args);
      await expect(refused).rejects.toThrow(JobDataError);
      await expect(refused).rejects.toThrow(message);
    });

    it('refuses arguments that contain themselves', async () => {
      const { Echo } = echo();
      const { jobs } = await replicas.start();
      const loop: Record<string, unknown> = {};
      loop.self = loop;
      await expect(jobs.enqueue(Echo, loop)).rejects.toThrow(/inside itself/);
    });

    it('refuses what is no job, and options that make no sense', async () => {
      const { Echo } = echo();
      const { jobs } = await replicas.start();
      class NoJob {
        run() {}
      }
      await expect(jobs.enqueue(NoJob, null)).rejects.toThrow(UnknownJobError);
      await expect(jobs.enqueue('invoice.render' as never, null)).rejects.toThrow(/^invoice\.render is not a job/);
      const bad: EnqueueOptions[] = [
        { delayMs: -1 },
        { delayMs: NaN },
        { delayMs: 1, runAt: new Date() },
        { runAt: new Date('nonsense') },
        { attempts: 0 },
        { priority: 1.5 },
        { priority: 2_097_152 },
        { dedupeKey: '' },
        { dedupeKey: 'k'.repeat(10_240) },
        { dedupeKey: 'k', dedupe: { throttleMs: 0 } },
      ];
      for (const options of bad) await expect(jobs.enqueue(Echo, null, options)).rejects.toThrow(InvalidInputError);
    });

    it('refuses calls after the app has closed', async () => {
      const { Echo } = echo();
      const { jobs, stop } = await replicas.start();
      await stop();
      await expect(jobs.enqueue(Echo, null)).rejects.toMatchObject({ code: 'ROOKERY_CLOSED' });
    });
  });
}
