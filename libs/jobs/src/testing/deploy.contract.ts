import { afterEach, describe, expect, it, vi } from 'vitest';
import { JobInterruptedError } from '../jobs.errors.js';
import { jobOf, Replicas, type JobsContractHost } from './replicas.js';

const WAIT = { timeout: 20_000 };

export function deployContract(host: JobsContractHost): void {
  describe('deploys', () => {
    const replicas = new Replicas(host);
    afterEach(() => replicas.stopAll());

    it('lets running jobs finish when the replica stops', async () => {
      let release = () => {};
      const started: string[] = [];
      const Calm = jobOf(async (_: null, ctx) => {
        started.push(ctx.id);
        await new Promise<void>((resolve) => (release = resolve));
        return 'finished';
      });
      const { jobs, stop } = await replicas.start([Calm], { drainMs: 20_000 });
      const other = await replicas.start();
      const { id } = await jobs.enqueue(Calm, null);
      await vi.waitFor(() => expect(started).toHaveLength(1), WAIT);
      const stopped = stop();
      setTimeout(() => release(), 100);
      await stopped;
      expect(await (await other.jobs.get(Calm, id))!.info()).toMatchObject({ state: 'completed', result: 'finished' });
    });

    it.each(['listens to its signal', 'ignores its signal'])(
      'gives back the job of a handler that %s, and no attempt is counted',
      async (manner) => {
        const runs: { attempt: number; reason: unknown }[] = [];
        const Long = jobOf((_: null, { attempt, signal, crashes }) => {
          const run = { attempt, reason: undefined as unknown };
          if (runs.push(run) === 2) return `attempt ${attempt}, crashes ${crashes}`;
          return new Promise<string>((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              run.reason = signal.reason;
              if (manner.startsWith('listens')) reject(signal.reason as Error);
            });
          });
        });
        const { jobs, stop } = await replicas.start([Long], { drainMs: 50 });
        const { id } = await jobs.enqueue(Long, null);
        await vi.waitFor(() => expect(runs).toHaveLength(1), WAIT);
        const next = await replicas.start([Long]);
        await stop();
        expect(await (await next.jobs.get(Long, id))!.waitUntilDone()).toBe('attempt 1, crashes 0');
        expect(runs[0].reason).toBeInstanceOf(JobInterruptedError);
      },
    );

    it('takes no further job once it stops', async () => {
      let release = () => {};
      const ran: number[] = [];
      const Busy = jobOf(
        async (n: number) => {
          ran.push(n);
          await new Promise<void>((resolve) => (release = resolve));
        },
        { concurrency: 1 },
      );
      const { jobs, stop } = await replicas.start([Busy], { drainMs: 20_000 });
      await jobs.enqueueMany(Busy, [1, 2]);
      await vi.waitFor(() => expect(ran).toEqual([1]), WAIT);
      const stopped = stop();
      setTimeout(() => release(), 200);
      await stopped;
      expect(ran).toEqual([1]);
    });

    it('leaves jobs it does not know to newer replicas', async () => {
      const queue = `shared.${Math.random()}`;
      const Old = jobOf(() => 'old', { queue });
      const New = jobOf(() => 'new', { queue });
      const { jobs } = await replicas.start([Old]);
      const unknown = await jobs.enqueue(New, null);
      expect(await (await jobs.enqueue(Old, null)).waitUntilDone()).toBe('old');
      await vi.waitFor(async () => expect(await unknown.state()).toBe('delayed'), WAIT);
      expect(await unknown.info()).toMatchObject({ attemptsMade: 0 });
      await replicas.start([Old, New]);
      await vi.waitFor(async () => expect(await unknown.result()).toBe('new'), WAIT);
    });

    it('only enqueues where it is told so, as a whole or per queue', async () => {
      const seen: string[] = [];
      const Here = jobOf(() => void seen.push('here'));
      const There = jobOf(() => void seen.push('there'));
      const idle = await replicas.start([Here, There], { execute: false });
      const queue = idle.jobs.queue(There).name;
      await idle.jobs.enqueue(Here, null);
      const there = await idle.jobs.enqueue(There, null);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(seen).toEqual([]);
      await replicas.start([Here, There], { execute: false, queues: { [queue]: { execute: true } } });
      await there.waitUntilDone();
      expect(seen).toEqual(['there']);
    });

    it('does not boot with two handlers of one name, a class without run, or limits that contradict', async () => {
      const One = jobOf(() => 1, { name: 'twice' });
      const Two = jobOf(() => 2, { name: 'twice' });
      await expect(replicas.start([One, Two])).rejects.toThrow(/Two classes handle job "twice"/);
      const queue = `limits.${Math.random()}`;
      const Fast = jobOf(() => 1, { queue, concurrency: 5 });
      const Slow = jobOf(() => 1, { queue, concurrency: 1 });
      await expect(replicas.start([Fast, Slow])).rejects.toThrow(/each set its limits/);
      await expect(replicas.start([], { leaseMs: 10 })).rejects.toThrow(/leaseMs of JobsModule is 10/);
      const crowd = { queues: { [queue]: { concurrency: 0 } } };
      await expect(replicas.start([Slow], crowd)).rejects.toThrow(/concurrency of queue/);
      expect(() => jobOf(() => 1, { name: 'a:b' })).toThrow(/without ":"/);
      expect(() => jobOf(() => 1, { backoff: { delayMs: -5 } })).toThrow(/delayMs/);
    });
  });
}
