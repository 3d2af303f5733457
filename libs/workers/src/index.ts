export { ClusteredCron, type ClusteredCronOptions } from './decorators/clustered-cron.decorator.js';
export { ClusteredInterval } from './decorators/clustered-interval.decorator.js';
export { ClusteredTimeout } from './decorators/clustered-timeout.decorator.js';
export {
  ClusteredWorker,
  type ClusteredWorkerOptions,
  type WorkerMethod,
} from './decorators/clustered-worker.decorator.js';
export { OnDemoted, OnElected } from './decorators/elected.decorators.js';
export { EveryReplica } from './decorators/every-replica.decorator.js';
export { WorkerHandler, type WorkerHandlerOptions } from './decorators/worker-handler.decorator.js';
export type { MethodDecoratorFor, RunMethod } from './decorators/task.metadata.js';
export type { DynamicSchedule } from './dynamic-schedule.js';
export { LeaderElection } from './leader-election.js';
export type { CronSchedule, Schedule } from './schedule/schedule.js';
export type { TaskInfo } from './task-info.js';
export { WorkerRun } from './worker-run.js';
export type { RunRecord, RunStatus, SkipReason } from './workers.driver.js';
export {
  RunAlreadyDoneError,
  RunLostError,
  RunStoppedError,
  RunTimeoutError,
  UnknownTaskError,
  WorkerDefinitionError,
  WorkersError,
} from './workers.errors.js';
export { WorkersModule } from './workers.module.js';
export type { TaskOptions, WorkersModuleOptions } from './workers.options.js';
export { WorkersService } from './workers.service.js';
