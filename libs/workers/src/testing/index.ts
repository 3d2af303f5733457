export { describeWorkersDriver, type WorkersDriverFactory } from './workers-driver.contract.js';
