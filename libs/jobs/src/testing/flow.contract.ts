import { afterEach, describe, expect, it } from 'vitest';
import { flow } from '../flow.js';
import { JobFailedError } from '../jobs.errors.js';
import { jobOf, Replicas, type JobsContractHost } from './replicas.js';

export function flowContract(host: JobsContractHost): void {
  describe('steps', () => {
    const replicas = new Replicas(host);
    afterEach(() => replicas.stopAll());

    it('are done once per job, and a retry gets what they answered', async () => {
      const done: string[] = [];
      const Stepped = jobOf(
        async (_: null, ctx) => {
          const charge = await ctx.step('charge', () => {
            done.push('charge');
            return { id: 'ch_1' };
          });
          const none = await ctx.step('nothing', () => void done.push('nothing'));
          if (ctx.attempt === 1) throw new Error('the mail server is down');
          return { charge, none };
        },
        { attempts: 2, backoff: { delayMs: 10 } },
      );
      const { jobs } = await replicas.start([Stepped]);
      expect(await (await jobs.enqueue(Stepped, null)).waitUntilDone()).toEqual({ charge: { id: 'ch_1' }, none: null });
      expect(done).toEqual(['charge', 'nothing']);
    });

    it('that fail are done again', async () => {
      let tries = 0;
      const Failing = jobOf(
        (_: null, ctx) =>
          ctx.step('try', () => {
            if (++tries < 3) throw new Error('no');
            return tries;
          }),
        { attempts: 5, backoff: { delayMs: 10 } },
      );
      const { jobs } = await replicas.start([Failing]);
      expect(await (await jobs.enqueue(Failing, null)).waitUntilDone()).toBe(3);
    });
  });

  describe('flows', () => {
    const replicas = new Replicas(host);
    afterEach(() => replicas.stopAll());

    it('run the children first and hand their results up', async () => {
      const order: string[] = [];
      const Part = jobOf((n: number) => {
        order.push(`part ${n}`);
        return n * 10;
      });
      const Whole = jobOf(async (_: null, ctx) => {
        order.push('whole');
        const results = await ctx.childResults();
        return results.map(({ result }) => Number(result)).sort((a, b) => a - b);
      });
      const Top = jobOf(async (_: null, ctx) => (await ctx.childResults())[0].result);
      const { jobs } = await replicas.start([Part, Whole, Top]);
      const top = await jobs.enqueueFlow(flow(Top, null, [flow(Whole, null, [flow(Part, 1), flow(Part, 2)])]));
      expect(await top.waitUntilDone()).toEqual([10, 20]);
      expect(order.at(-1)).toBe('whole');
      expect(order).toHaveLength(3);
    });

    it('fail with a child that fails for good', async () => {
      const Part = jobOf((n: number) => {
        if (n === 2) throw new Error('part 2 is missing');
      });
      const ran: string[] = [];
      const Whole = jobOf(() => void ran.push('whole'));
      const { jobs } = await replicas.start([Part, Whole]);
      const whole = await jobs.enqueueFlow(flow(Whole, null, [flow(Part, 1), flow(Part, 2)]));
      await expect(whole.waitUntilDone()).rejects.toThrow(JobFailedError);
      expect(ran).toEqual([]);
    });

    it('wait with their top while a child waits', async () => {
      const Part = jobOf(() => 1);
      const Whole = jobOf(() => 2);
      const { jobs } = await replicas.start([Part, Whole]);
      const whole = await jobs.enqueueFlow(flow(Whole, null, [flow(Part, null, [], { delayMs: 600_000 })]));
      expect(await whole.state()).toBe('blocked');
    });
  });
}
