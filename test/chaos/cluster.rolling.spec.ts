import { setTimeout as wait } from 'node:timers/promises';
import { startCluster, type Cluster } from '@rookery/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { scale, scenario } from './report.js';

const entry = new URL('../e2e/drain.app.mjs', import.meta.url);
const GRACE_MS = 15_000;
const BUDGETS = { graceMs: GRACE_MS, loadBalancerMs: 1_000, workMs: 2_000, socketsMs: 1_000, requestsMs: 4_000 };
const PER_SECOND = 200;

describe.each(['redis', 'postgres'] as const)('a rolling restart on %s', (backend) => {
  let cluster: Cluster | undefined;
  afterEach(() => cluster?.stop());

  it('fails no request, and every replica is gone before its grace period', async () => {
    const fault = `three replicas restarted one after the other, ${scale} times, at ${PER_SECOND} requests/s`;
    const must = '0 failed requests, no replica killed at the end of its grace period';
    const row = scenario({ id: 'rolling-restart', backend, fault, must });
    const env = { BUDGETS: JSON.stringify(BUDGETS) };
    cluster = await startCluster({ entry, replicas: 3, backend, env, stopGraceMs: GRACE_MS });
    const load = constantLoad(cluster.url);
    const endings = [];
    for (let round = 0; round < scale; round++)
      for (const index of [0, 1, 2]) endings.push(await cluster.restart(index));
    const { answered, failures } = await load.stop();
    const killed = endings.filter(({ forced, code }) => forced || code !== 0).length;
    row.operations = answered + failures.length;
    row.violations = failures.length + killed;
    expect(failures).toEqual([]);
    expect(killed).toBe(0);
    expect(answered).toBeGreaterThan(100);
  });

  it('has work in flight that never ends: the replica says what it cut, and is gone in time', async () => {
    const fault = 'SIGTERM with a work part and a shutdown hook that never settle';
    const must = 'the process ends by itself before graceMs';
    const row = scenario({ id: 'stuck-drain', backend, fault, must, operations: 1 });
    const env = { BUDGETS: JSON.stringify({ ...BUDGETS, workMs: 500 }), HARD: 'work,hook' };
    cluster = await startCluster({ entry, replicas: 1, backend, env, stopGraceMs: GRACE_MS });
    const from = performance.now();
    const ending = await cluster.terminate(0);
    row.recoveredMs = performance.now() - from;
    expect(ending).toMatchObject({ code: 1, forced: false });
    expect(cluster.logs(0)).toContain('"never settles" cut');
  });
});

function constantLoad(url: string) {
  const failures: string[] = [];
  const pending = new Set<Promise<void>>();
  let answered = 0;
  let stopped = false;
  const ask = async () => {
    try {
      const response = await fetch(url);
      await response.text();
      if (response.status === 200) answered++;
      else failures.push(`status ${response.status}`);
    } catch (error) {
      failures.push(String((error as Error).cause ?? error));
    }
  };
  const loop = (async () => {
    while (!stopped) {
      const one = ask().finally(() => pending.delete(one));
      pending.add(one);
      await wait(1_000 / PER_SECOND);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await loop;
      await Promise.all(pending);
      return { answered, failures };
    },
  };
}
