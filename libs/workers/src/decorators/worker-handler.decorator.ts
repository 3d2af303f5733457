import type { TaskOptions } from '../workers.options.js';
import type { MethodDecoratorFor } from './task.metadata.js';
import type { WorkerRun } from '../worker-run.js';

export const HANDLER_METADATA = Symbol('rookery:workers:handler');

/** Options of `@WorkerHandler()`: what schedules that name it start from. */
export type WorkerHandlerOptions = Omit<TaskOptions, 'name'>;

export interface HandlerMetadata {
  name: string;
  options: WorkerHandlerOptions;
}

/**
 * The code that dynamic schedules (`WorkersService.upsert`) run.
 *
 * @example
 * @WorkerHandler('tenant-report')
 * async report(run: WorkerRun<{ tenant: string }>) { … run.data.tenant … }
 */
export function WorkerHandler(
  name: string,
  options: WorkerHandlerOptions = {},
): MethodDecoratorFor<(run: WorkerRun<never>) => unknown> {
  return (_target, _method, descriptor) => {
    const metadata: HandlerMetadata = { name, options };
    Reflect.defineMetadata(HANDLER_METADATA, metadata, descriptor.value as object);
  };
}
