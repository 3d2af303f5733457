import { memory } from '@rookery/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryWorkersDriver } from '../drivers/memory/index.js';
import type { RunRecord } from '../workers.driver.js';
import { checkedPolicy } from '../workers.options.js';
import { Scheduler } from './scheduler.js';

const LEASE_MS = 2_000;
const GRID_MS = 500;
const definition = { name: 'task', kind: 'interval', schedule: `{"everyMs":${GRID_MS}}`, source: 'code' } as const;

describe('a replica that hears of runs elsewhere only', () => {
  const driver = new MemoryWorkersDriver(memory(), { application: 'spec', historySize: 100 });
  const scheduler = new Scheduler(driver, {
    replica: 'c',
    application: 'spec',
    leaseMs: LEASE_MS,
    forgetAfterMs: 3_600_000,
  });
  const slots: number[] = [];
  let dead: RunRecord;

  beforeEach(async () => {
    await driver.register([{ ...definition, notBefore: 0 }]);
    await driver.beat('a', 60_000);
    const slot = Math.floor(Date.now() / GRID_MS) * GRID_MS;
    const asked = { runId: 'dead', name: 'task', slot, cursor: 0, missed: 0, maxAttempts: 3, exclusive: true };
    dead = (await driver.claim('a', [asked]))[0].run!;
    const execute = ({ scheduledAt }: { scheduledAt: Date }) => void slots.push(scheduledAt.getTime());
    scheduler.table.add({ definition, policy: checkedPolicy('task', {}), label: 'Tasks.task', execute });
    await scheduler.start();
  });
  afterEach(async () => {
    await scheduler.close();
    await scheduler.presence.stop();
  });

  it('does not lose the slots that came between a death and the end of the run that made up for it', async () => {
    const [claim, load] = [vi.spyOn(driver, 'claim'), vi.spyOn(driver, 'load')];
    const asked = () => claim.mock.calls.length + load.mock.calls.length;
    await vi.waitFor(() => expect(load).toHaveBeenCalled(), { timeout: 10_000, interval: 1 });
    const before = asked();
    await vi.waitFor(() => expect(asked()).toBeGreaterThan(before), { timeout: 10_000, interval: 1 });
    // It has just heard that the run goes on. Now, in one breath, another replica finds the death, takes over and ends.
    const found = driver.leave('a').then(() => driver.beat('b', LEASE_MS));
    const again = (await found).pending[0];
    await driver.take('b', again.runId, true);
    await driver.finish('b', [{ runId: again.runId, name: 'task', status: 'succeeded', error: null, rerun: false }]);

    await vi.waitFor(() => expect(slots.length).toBeGreaterThan(4), { timeout: 30_000, interval: 20 });
    expect(slots).toEqual(slots.map((_, index) => dead.slot + (index + 1) * GRID_MS));
  });
});
