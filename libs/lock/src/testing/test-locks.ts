import { memory } from '@rookery/core';
import { MemoryLockDriver } from '../drivers/memory/index.js';
import type { LockModuleOptions } from '../lock.options.js';
import { LockService } from '../lock.service.js';

/**
 * A LockService for unit tests, without a Nest app or a store: the real policy over the memory of the process. Those
 * made with the same `backend: memory()` are replicas of each other. `forceRelease(key)` plays the lost lock.
 *
 * @example
 * const renewals = new Renewals(testLocks());
 * Test.createTestingModule({ providers: [Renewals, { provide: LockService, useValue: testLocks() }] });
 */
export function testLocks(options: Omit<LockModuleOptions, 'backend'> & { backend?: ReturnType<typeof memory> } = {}) {
  const { backend = memory(), ...defaults } = options;
  return new LockService(new MemoryLockDriver(backend), backend, defaults);
}
