import { setTimeout as sleep } from 'node:timers/promises';
import { clashesIn } from '@rookery/lock/testing';
import type { BackendName } from '@rookery/testing';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { LocksCluster, now } from './fixtures/locks.cluster.js';
import { scale, scenario, seed, type ChaosRow } from './report.js';

const REPLICAS = 4;
const TASKS = 25;
const VISITS = 4 * scale;

const backends: BackendName[] = ['redis', 'postgres'];
describe.each(backends)('100 tasks over 4 processes, in every mode, on %s', (backend) => {
  let locks: LocksCluster;
  afterEach(() => locks.stop());

  async function fuzz(): Promise<string[]> {
    const orders = Array.from({ length: REPLICAS }, (_, replica) =>
      locks.tell<string[]>(replica, 'fuzz', {
        tasks: TASKS,
        visits: VISITS,
        seed: seed * 10 + replica,
        waitMs: 300_000,
      }),
    );
    return (await Promise.all(orders)).flat();
  }

  function judge(row: ChaosRow) {
    const visits = locks.visits();
    const clashes = clashesIn(visits);
    [row.operations, row.violations] = [visits.length, clashes.length];
    return clashes;
  }

  it('never meet who must not, with wall clocks 5 minutes off', async () => {
    const must = 'no two writers, no reader beside a writer, never more than 3 permits';
    const row = scenario({ id: 'lock-fuzz', backend, fault: 'two clocks 5 min off', must });
    locks = await LocksCluster.start(backend, { replicas: REPLICAS, clockSkewMs: { 1: 300_000, 2: -300_000 } });
    expect(await fuzz()).toEqual([]);
    const clashes = judge(row);
    expect(clashes).toEqual([]);
    expect(row.operations).toBeGreaterThanOrEqual(REPLICAS * TASKS * VISITS);
    expect(locks.notes('unhandled')).toEqual([]);
  });

  it('all get in while wake-ups are lost', async () => {
    const fault = 'bus connections killed 10 times a second';
    const must = 'nobody waits for ever, and nobody meets who must not';
    const row = scenario({ id: 'lock-bus-cut', backend, fault, must });
    locks = await LocksCluster.start(backend, { replicas: REPLICAS });
    const done = new AbortController();
    const breaking = cutTheBus(locks, done.signal);
    const from = now();
    expect(await fuzz()).toEqual([]);
    done.abort();
    await breaking;
    row.recoveredMs = now() - from;
    expect(judge(row)).toEqual([]);
    expect(locks.notes('unhandled')).toEqual([]);
  });
});

/** Ends the connections that listen, again and again. */
async function cutTheBus(locks: LocksCluster, until: AbortSignal): Promise<void> {
  const redis = locks.cluster.backend === 'redis' ? new Redis(locks.cluster.redis!.url) : undefined;
  while (!until.aborted) {
    if (redis) await redis.client('KILL', 'TYPE', 'PUBSUB');
    else await locks.query(`select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen %'`);
    await sleep(100);
  }
  redis?.disconnect();
}
