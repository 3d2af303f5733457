import { afterEach, describe, expect, it } from 'vitest';
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
}
