export { JobHandler } from './decorators/job-handler.decorator.js';
export { flow, type Flow, type FlowOptions } from './flow.js';
export type { BatchItem, BatchJob, Job, JobClass, JobInfo, JobState } from './job.js';
export { currentJob, type JobContext } from './job-context.js';
export type { JobRef, WaitOptions } from './job-ref.js';
export {
  JobCancelledError,
  JobCrashedError,
  JobDataError,
  JobError,
  JobFailedError,
  JobGoneError,
  JobInterruptedError,
  JobLeaseLostError,
  JobsSetupError,
  JobTimeoutError,
  UnknownJobError,
  UnrecoverableJobError,
} from './jobs.errors.js';
export { JobsModule } from './jobs.module.js';
export type {
  BackoffOptions,
  BatchOptions,
  EnqueueOptions,
  JobHandlerOptions,
  JobsModuleOptions,
  QueueOptions,
  RetentionOptions,
} from './jobs.options.js';
export { JobsService } from './jobs.service.js';
export type { ListOptions, QueueRef, QueueStats } from './queue-ref.js';
