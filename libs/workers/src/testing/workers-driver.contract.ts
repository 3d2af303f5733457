import { describe } from 'vitest';
import { DriverFixture, type WorkersDriverFactory } from './driver-fixture.js';
import { describeReplicas } from './replicas.contract.js';
import { describeRuns } from './runs.contract.js';
import { describeSlots } from './slots.contract.js';
import { describeTasks } from './tasks.contract.js';

const HISTORY_SIZE = 3;

/** What every driver must hold; users' own drivers too. */
export function describeWorkersDriver(kind: string, create: WorkersDriverFactory): void {
  describe(`WorkersDriver on ${kind}`, () => {
    const fixture = new DriverFixture((application) => create(application, HISTORY_SIZE));
    describeTasks(fixture);
    describeSlots(fixture);
    describeRuns(fixture);
    describeReplicas(fixture);
  });
}
