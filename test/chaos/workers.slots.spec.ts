import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendName } from '@rookery/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WorkersCluster, type Effect } from './fixtures/workers.cluster.js';
import { randomOf, scale, scenario } from './report.js';

const FIVE_MINUTES = 5 * 60_000;
/** A thousand in `npm run chaos`; `npm test` has less time. */
const SLOTS = scale === 1 ? 125 : 200 * scale;
const WAIT = { timeout: 60_000, interval: 200 };

/** What is wrong with the slots of one task: those that ran twice, and those for which no run stands. */
function judge(effects: Effect[]) {
  const slots = effects.map(({ slot }) => slot);
  const duplicates = slots.length - new Set(slots).size;
  const covered = new Set(
    effects.flatMap(({ slot, missed }) => Array.from({ length: missed + 1 }, (_, i) => slot - i * 1_000)),
  );
  const expected = (Math.max(...slots) - Math.min(...slots)) / 1_000 + 1;
  const lost = expected - [...covered].filter((slot) => slot >= Math.min(...slots)).length;
  return { duplicates, lost, expected };
}

const backends: BackendName[] = ['redis', 'postgres'];
describe.each(backends)('slots on %s, while replicas die, sleep and start, and the store restarts twice', (backend) => {
  let workers: WorkersCluster;
  afterEach(() => workers.stop());

  it('run exactly once each, with clocks five minutes apart', async () => {
    const fault = 'kills, pauses, restarts, store restarts, clocks ±5 min';
    const row = scenario({ id: 'cron-slots', backend, fault, must: '0 duplicates, 0 losses' });
    const random = randomOf(`cron-slots-${backend}`);
    workers = await WorkersCluster.start(backend, { clockSkewMs: { 1: FIVE_MINUTES, 2: -FIVE_MINUTES } });
    const { cluster } = workers;
    const store = backend === 'redis' ? cluster.redis! : cluster.postgres!;
    const rounds = Math.ceil(SLOTS / 5 / 5);
    const faults = { kill: 0, pause: 0, restart: 0, store: 0 };
    for (let round = 0; round < rounds; round++) {
      const victim = Math.floor(random() * 3);
      const choice = random();
      const isStoreTurn = round === Math.floor(rounds / 3) || round === Math.floor((2 * rounds) / 3);
      const from = performance.now();
      if (isStoreTurn) {
        faults.store++;
        await (random() < 0.5 ? store.kill().then(() => store.start()) : store.restart());
      } else if (choice < 0.45) {
        faults.kill++;
        await cluster.kill(victim);
        await sleep(500 + random() * 2_000);
        await cluster.start(victim);
      } else if (choice < 0.8) {
        faults.pause++;
        await cluster.pause(victim);
        await sleep(4_000 + random() * 2_000);
        await cluster.resume(victim);
      } else {
        faults.restart++;
        await cluster.restart(victim);
      }
      await sleep(Math.max(0, 5_000 - (performance.now() - from)));
    }
    // Whatever was under way is taken over and made up for.
    await vi.waitFor(async () => {
      const tasks = (await workers.list(0)).filter(({ kind }) => kind === 'interval');
      expect(tasks).toHaveLength(5);
      expect(tasks.every(({ overdueMs, lastRun }) => overdueMs < 1_000 && lastRun?.status === 'succeeded')).toBe(true);
    }, WAIT);
    await cluster.stopAll();

    const effects = await workers.effects();
    const tasks = [0, 1, 2, 3, 4].map((n) => judge(effects.filter(({ task }) => task === `task${n}`)));
    const total = (what: keyof ReturnType<typeof judge>) => tasks.reduce((sum, task) => sum + task[what], 0);
    const twice = starts(workers);
    row.violations = total('duplicates') + total('lost') + twice;
    row.operations = total('expected');
    const madeUp = effects.reduce((sum, { missed }) => sum + missed, 0);
    row.fault = `${faults.kill} kills, ${faults.pause} pauses, ${faults.restart} restarts, ${faults.store} store restarts, clocks ±5 min (${madeUp} slots made up by a later one)`;
    expect({ duplicates: total('duplicates'), lost: total('lost'), twice }).toEqual({
      duplicates: 0,
      lost: 0,
      twice: 0,
    });
    expect(workers.notes('unhandled')).toEqual([]);
    expect(row.operations).toBeGreaterThan(SLOTS * 0.8);
  }, 1_800_000);
});

/** How many attempts were begun more than once. */
function starts(workers: WorkersCluster): number {
  const keys = workers.notes('start').map(({ task, slot, attempt }) => `${task}@${slot}#${attempt}`);
  return keys.length - new Set(keys).size;
}
