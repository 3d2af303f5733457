export { jobsContract } from './jobs.contract.js';
export { jobOf, Replicas, type JobsContractHost } from './replicas.js';
