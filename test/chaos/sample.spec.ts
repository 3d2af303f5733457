import { connectRealtime } from '@rookery/realtime/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BACKENDS, sleep, startSample, type Sample } from '../e2e/sample.js';
import { scale, scenario } from './report.js';

let sample: Sample;
afterEach(() => sample?.cluster.stop());

/** One replica's wall clock is five minutes off: nothing of this may depend on it. */
const CLOCKS = { clockSkewMs: { 1: 300_000 } };

interface Answer {
  ok: boolean;
  tookMs: number;
}

/** Asks again and again, `perSecond` times, until stopped; answers what came of it. */
function constantLoad(perSecond: number, ask: () => Promise<Response>) {
  const answers: Promise<Answer>[] = [];
  const once = async (): Promise<Answer> => {
    const from = performance.now();
    const ok = await ask().then(
      async (response) => {
        await response.arrayBuffer();
        return response.ok;
      },
      () => false,
    );
    return { ok, tookMs: performance.now() - from };
  };
  const timer = setInterval(() => answers.push(once()), 1_000 / perSecond);
  return async () => {
    clearInterval(timer);
    return Promise.all(answers);
  };
}

const failed = (answers: Answer[]) => answers.filter(({ ok }) => !ok).length;

describe.each(BACKENDS)('the app on %s', (backend) => {
  it('loses no request, no receipt and no message in a rolling restart under constant load', async () => {
    const fault = 'SIGTERM to one replica after the other under requests, renewals and a listener; one clock 5 min off';
    const must = '0 failed requests, lost receipts or lost messages';
    const row = scenario({ id: 'app-rolling-restart', backend, fault, must });
    sample = await startSample(backend, CLOCKS);
    const { id } = await sample.subscribe();
    const heard: string[] = [];
    const recovered: boolean[] = [];
    const socket = connectRealtime(sample.cluster.url, {
      onRecovery: (recovery) => recovered.push(recovery.recovered),
    });
    socket.on('activity', ({ text }: { text: string }) => heard.push(text));
    await vi.waitFor(() => expect(socket.connected).toBe(true), { timeout: 30_000 });

    const stopReading = constantLoad(20, () => sample.fetch('/plans'));
    const stopRenewing = constantLoad(3, () => sample.fetch(`/subscriptions/${id}/renew`, { method: 'POST' }));
    for (let round = 0; round < scale; round++) {
      for (const replica of [0, 1, 2]) {
        await sample.cluster.restart(replica);
        await sleep(1_000);
      }
    }
    const reads = await stopReading();
    const renewals = await stopRenewing();
    row.operations = reads.length + 3 * renewals.length;
    expect(reads.length).toBeGreaterThan(50);

    const receipts = async () => {
      const { emails } = await sample.get<{ emails: { kind: string }[] }>('/emails?limit=5000');
      return emails.filter(({ kind }) => kind === 'receipt').length;
    };
    await vi.waitFor(async () => expect(await receipts()).toBe(renewals.length), { timeout: 60_000, interval: 500 });
    await vi.waitFor(() => expect(heard).toHaveLength(renewals.length), { timeout: 30_000 });
    socket.disconnect();
    row.violations = failed([...reads, ...renewals]) + recovered.filter((each) => !each).length;
    expect(row.violations).toBe(0);
  }, 300_000);

  it('keeps answering from the cache while its store is down for 10 s, restarts nothing, and works again', async () => {
    const fault = 'store frozen for 10 s under load; one clock 5 min off';
    const must = 'cached answers in 300 ms, nothing restarts, all works again in 2 s';
    const row = scenario({ id: 'app-store-down', backend, fault, must, withinMs: 2_000 });
    sample = await startSample(backend, CLOCKS);
    const store = backend === 'redis' ? sample.cluster.redis! : sample.cluster.postgres!;
    const { id } = await sample.subscribe();
    const pids = sample.cluster.replicas.map(({ pid }) => pid);
    // Past the load balancer, which takes replicas without a store out of service.
    const onEach = sample.cluster.replicas.map(({ url }) => constantLoad(10, () => fetch(new URL('/plans', url))));
    await sleep(1_000);
    await store.pause();
    await sleep(10_000);
    await store.resume();
    const from = performance.now();
    await vi.waitFor(() => sample.post(`/subscriptions/${id}/renew`), { timeout: 60_000, interval: 100 });
    row.recoveredMs = performance.now() - from;
    const answers = (await Promise.all(onEach.map((stop) => stop()))).flat();
    row.operations = answers.length;
    row.violations = failed(answers) + answers.filter(({ tookMs }) => tookMs > 300).length;
    expect(failed(answers)).toBe(0);
    expect(sample.cluster.replicas.map(({ pid }) => pid)).toEqual(pids);
  }, 180_000);
});
