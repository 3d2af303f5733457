export type { WorkersDriverFactory } from './driver-fixture.js';
export { describeWorkersDriver } from './workers-driver.contract.js';
