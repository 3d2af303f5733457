import type { ComposeCluster } from '@rookery/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BACKENDS, sleep, startSample, type Sample } from './sample.js';

type Victim = 'replica' | 'redis' | 'postgres';
interface Emails {
  emails: { kind: string; subscriptionId: string; subject: string }[];
}

const WAIT = { timeout: 90_000, interval: 500 };
const FAULT_MS = 5_000;
const isCompose = process.env.ROOKERY_CLUSTER === 'compose';

describe.skipIf(!isCompose).each(BACKENDS)(
  'containers on %s, under load through nginx (only with compose)',
  (backend) => {
    let sample: Sample;
    let cluster: ComposeCluster;
    beforeAll(async () => {
      sample = await startSample(backend);
      cluster = sample.cluster as ComposeCluster;
    });
    afterAll(() => sample?.cluster.stop());

    /** Breaks it; answers how to mend it. */
    const faults: Record<string, (victim: Victim) => Promise<() => Promise<void>>> = {
      killed: async (victim) => {
        if (victim === 'replica') return cluster.kill(0).then(() => () => cluster.start(0));
        return cluster[victim].kill().then(() => cluster[victim].start);
      },
      paused: async (victim) => {
        if (victim === 'replica') return cluster.pause(0).then(() => () => cluster.resume(0));
        return cluster[victim].pause().then(() => cluster[victim].resume);
      },
      'cut off': (victim) => cluster.disconnect(victim === 'replica' ? cluster.replicas[0].id : victim),
    };

    const victims: Victim[] = backend === 'redis' ? ['replica', 'redis', 'postgres'] : ['replica', 'postgres'];
    const cases = victims.flatMap((victim) => Object.keys(faults).map((fault) => [victim, fault] as const));
    it.each(cases)(
      '%s %s: every committed renewal has its one receipt, and all works again',
      async (victim, fault) => {
        const { id } = await sample.subscribe();
        const renew = () =>
          sample.fetch(`/subscriptions/${id}/renew`, { method: 'POST', signal: AbortSignal.timeout(60_000) });
        const load = underLoad(renew);
        await sleep(1_000);
        const mend = await faults[fault](victim);
        await sleep(FAULT_MS);
        await mend();
        await sleep(1_000);
        const answers = await load.stop();
        await vi.waitFor(async () => expect((await renew()).status).toBe(200), WAIT);

        const { renewals } = await vi.waitFor(() => sample.get<{ renewals: number }>(`/subscriptions/${id}`), WAIT);
        // A renewal that got no answer may have been committed all the same; one that got its answer has been.
        expect(renewals).toBeGreaterThan(answers.filter(Boolean).length);
        expect(renewals).toBeLessThanOrEqual(answers.length + WAIT.timeout / WAIT.interval);
        expect(answers).toContain(true);
        const numbers = Array.from({ length: renewals }, (_, index) => String(index + 1).padStart(4, '0'));
        const expected = numbers.map((number) => `Receipt ${number} for your pro plan`);
        await vi.waitFor(async () => expect(await receipts(id)).toEqual(expected), WAIT);
        await vi.waitFor(async () => {
          const { replicas } = await sample.get<{ replicas: unknown[] }>('/replicas');
          expect(replicas).toHaveLength(3);
        }, WAIT);
      },
      300_000,
    );

    async function receipts(id: string): Promise<string[]> {
      const { emails } = await sample.get<Emails>('/emails?limit=5000');
      const own = emails.filter(({ kind, subscriptionId }) => kind === 'receipt' && subscriptionId === id);
      return own.map(({ subject }) => subject).sort();
    }
  },
);

/** Asks five times a second until stopped; resolves which of the requests were answered well. */
function underLoad(ask: () => Promise<Response>) {
  const answers: Promise<boolean>[] = [];
  const timer = setInterval(() => {
    const answer = ask().then(async (response) => {
      await response.arrayBuffer();
      return response.ok;
    });
    answers.push(answer.catch(() => false));
  }, 200);
  return {
    stop: () => {
      clearInterval(timer);
      return Promise.all(answers);
    },
  };
}
