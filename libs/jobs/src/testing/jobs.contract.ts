import { describe } from 'vitest';
import { batchContract } from './batch.contract.js';
import { controlContract } from './control.contract.js';
import { deployContract } from './deploy.contract.js';
import { enqueueContract } from './enqueue.contract.js';
import { flowContract } from './flow.contract.js';
import type { JobsContractHost } from './replicas.js';
import { runContract } from './run.contract.js';

/**
 * What jobs must do on every backend, seen from whole apps.
 *
 * @example jobsContract('redis', { backend: () => redis({ url, namespace }) });
 */
export function jobsContract(name: string, host: JobsContractHost): void {
  describe(`jobs contract: ${name}`, () => {
    enqueueContract(host);
    runContract(host);
    batchContract(host);
    controlContract(host);
    deployContract(host);
    flowContract(host);
  });
}
