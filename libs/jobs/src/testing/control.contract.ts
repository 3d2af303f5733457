import { afterEach, describe, expect, it, vi } from 'vitest';
import { JobCancelledError, JobGoneError } from '../jobs.errors.js';
import { jobOf, Replicas, type JobsContractHost } from './replicas.js';

const WAIT = { timeout: 20_000 };

export function controlContract(host: JobsContractHost): void {
  describe('control', () => {
    const replicas = new Replicas(host);
    afterEach(() => replicas.stopAll());
    const untilAborted = (_: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

    it('cancels a job that waits', async () => {
      const Quiet = jobOf(() => 'ran');
      const { jobs } = await replicas.start();
      const job = await jobs.enqueue(Quiet, null, { delayMs: 60_000 });
      expect(await job.cancel()).toBe(true);
      expect(await job.state()).toBeNull();
      await expect(job.waitUntilDone()).rejects.toThrow(JobGoneError);
      expect(await job.cancel()).toBe(false);
    });

    it('cancels a job that runs on another replica, without a retry', async () => {
      const Long = jobOf(untilAborted, { attempts: 5 });
      await replicas.start([Long]);
      const { jobs } = await replicas.start();
      const job = await jobs.enqueue(Long, null);
      await vi.waitFor(async () => expect(await job.state()).toBe('active'), WAIT);
      expect(await job.cancel()).toBe(true);
      await expect(job.waitUntilDone()).rejects.toThrow(JobCancelledError);
      expect((await job.info())!.attemptsMade).toBe(1);
    });

    it('does not cancel what is done', async () => {
      const Done = jobOf(() => 1);
      const { jobs } = await replicas.start([Done]);
      const job = await jobs.enqueue(Done, null);
      await job.waitUntilDone();
      expect(await job.cancel()).toBe(false);
      expect(await jobs.cancel(Done, 'no-such-job')).toBe(false);
    });

    it('finds a job again by its id', async () => {
      const Found = jobOf(() => 7);
      const { jobs } = await replicas.start([Found]);
      const { id } = await jobs.enqueue(Found, null);
      expect(await (await jobs.get(Found, id))!.waitUntilDone()).toBe(7);
      expect(await jobs.get(Found, 'no-such-job')).toBeNull();
    });

    it('pauses a queue for all replicas', async () => {
      const seen: number[] = [];
      const Paused = jobOf((n: number) => void seen.push(n));
      const { jobs } = await replicas.start([Paused]);
      const other = await replicas.start([Paused]);
      await other.jobs.queue(Paused).pause();
      const job = await jobs.enqueue(Paused, 1);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(seen).toEqual([]);
      expect(await jobs.queue(Paused).stats()).toMatchObject({ paused: true, waiting: 1 });
      await jobs.queue(Paused).resume();
      await job.waitUntilDone();
      expect(seen).toEqual([1]);
    });

    it('counts, and tells how long the head of the queue has been waiting', async () => {
      const Counted = jobOf((fail: boolean) => {
        if (fail) throw new Error('no');
      });
      const { jobs } = await replicas.start();
      const queue = jobs.queue(Counted);
      await jobs.enqueue(Counted, true);
      await jobs.enqueue(Counted, false, { priority: 3 });
      await jobs.enqueue(Counted, false, { delayMs: 60_000 });
      await vi.waitFor(async () => expect((await queue.stats()).lagMs).toBeGreaterThan(50), WAIT);
      expect(await queue.stats()).toMatchObject({ waiting: 2, delayed: 1, active: 0, completed: 0, failed: 0 });
      expect(await queue.list('delayed')).toHaveLength(1);
      const worker = await replicas.start([Counted]);
      await vi.waitFor(async () => {
        expect(await queue.stats()).toMatchObject({ waiting: 0, delayed: 1, completed: 1, failed: 1, lagMs: 0 });
      }, WAIT);
      expect(await worker.jobs.stats()).toMatchObject([{ queue: queue.name, failed: 1 }]);
    });

    it('forgets finished jobs when told to, and by itself beyond what is kept', async () => {
      // Of jobs that end in one millisecond, a store may keep any.
      const Kept = jobOf(() => new Promise((resolve) => setTimeout(resolve, 3)), { concurrency: 1 });
      const { jobs } = await replicas.start([Kept], { retention: { completed: { count: 3 } } });
      const all = await jobs.enqueueMany(
        Kept,
        Array.from({ length: 8 }, () => null),
      );
      await vi.waitFor(async () => expect(await all[7].state()).toBe('completed'), WAIT);
      await vi.waitFor(async () => expect((await jobs.queue(Kept).stats()).completed).toBe(3), WAIT);
      await jobs.queue(Kept).purge('completed');
      expect(await jobs.queue(Kept).stats()).toMatchObject({ completed: 0 });
    });

    it('puts all failed jobs back at once', async () => {
      let broken = true;
      const Broken = jobOf(() => {
        if (broken) throw new Error('down');
      });
      const { jobs } = await replicas.start([Broken]);
      await jobs.enqueueMany(Broken, [1, 2, 3]);
      const queue = jobs.queue(Broken);
      await vi.waitFor(async () => expect(await queue.failed()).toHaveLength(3), WAIT);
      broken = false;
      expect(await queue.retryAll()).toBe(3);
      await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ completed: 3, failed: 0 }), WAIT);
    });
  });
}
