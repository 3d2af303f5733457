import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach } from 'vitest';
import type {
  ClaimAnswer,
  RunOutcome,
  RunRecord,
  SlotClaim,
  TaskDefinition,
  TaskRecord,
  WorkersDriver,
} from '../workers.driver.js';

/** Makes a driver on a store that all drivers of one call to the suite share; `application` keeps the cases apart. */
export type WorkersDriverFactory = (application: string, historySize: number) => Promise<WorkersDriver> | WorkersDriver;

/** A lease that ends while a test waits, and one that does not. */
export const LEASE_MS = 400;
export const LONG_MS = 60_000;

export const task = (over: Partial<TaskDefinition> = {}): TaskDefinition => ({
  name: 'task',
  kind: 'interval',
  schedule: '{"everyMs":1000}',
  source: 'code',
  ...over,
});

export const claimOf = (slot: number, over: Partial<SlotClaim> = {}): SlotClaim => {
  const given = { runId: randomUUID(), name: 'task', cursor: slot - 1, missed: 0, maxAttempts: 2 };
  return { ...given, slot, exclusive: false, ...over };
};

export const ended = (run: RunRecord, over: Partial<RunOutcome> = {}): RunOutcome => {
  const given = { runId: run.runId, name: run.name, error: null, rerun: false };
  return { ...given, status: 'succeeded', ...over };
};

/** Two drivers on one store, in an application of their own per test; replica `a` lives. */
export class DriverFixture {
  a: WorkersDriver;
  b: WorkersDriver;

  constructor(readonly create: (application: string) => Promise<WorkersDriver> | WorkersDriver) {
    beforeEach(async () => {
      const application = randomUUID();
      [this.a, this.b] = [await create(application), await create(application)];
      await Promise.all([this.a.open(), this.b.open()]);
      await this.a.beat('a', LONG_MS);
    });
    afterEach(async () => {
      await Promise.all([this.a.close(), this.b.close()]);
    });
  }

  async claim(by: WorkersDriver, replica: string, asked: SlotClaim): Promise<ClaimAnswer> {
    return (await by.claim(replica, [asked]))[0];
  }

  async granted(slot: number, over?: Partial<SlotClaim>): Promise<RunRecord> {
    return (await this.claim(this.a, 'a', claimOf(slot, over))).run!;
  }

  async known(name = 'task'): Promise<TaskRecord> {
    return (await this.a.load([name]))[0];
  }
}
