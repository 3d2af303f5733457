import { afterAll, beforeAll, describe } from 'vitest';
import type { LockDriver } from '../lock.driver.js';
import { inspectionContract } from './contract/inspection.contract.js';
import { leasesContract } from './contract/leases.contract.js';
import { lineContract } from './contract/line.contract.js';
import { LockSuite } from './contract/lock-suite.js';
import { sharingContract } from './contract/sharing.contract.js';

/** What the suite needs of whoever runs it. */
export interface LockContractHost {
  /** A further, unopened driver on the same store, as another replica would have it. */
  create(): LockDriver | Promise<LockDriver>;
}

/**
 * What every {@link LockDriver} must do. Run it for a driver of your own.
 *
 * @example lockDriverContract('redis', { create: () => new RedisLockDriver(redis({ url })) });
 */
export function lockDriverContract(name: string, host: LockContractHost): void {
  describe(`lock driver contract: ${name}`, () => {
    const suite = new LockSuite();
    beforeAll(async () => {
      [suite.one, suite.other] = await Promise.all([host.create(), host.create()]);
      await Promise.all([suite.one.open(), suite.other.open()]);
    });
    afterAll(async () => {
      await Promise.all([suite.one.close(), suite.other.close()]);
    });

    leasesContract(suite);
    lineContract(suite);
    sharingContract(suite);
    inspectionContract(suite);
  });
}
