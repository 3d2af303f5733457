import type { TaskOptions } from '../workers.options.js';
import { taskDecorator, type RunMethod } from './task.metadata.js';

/**
 * Runs the method once, `afterMs` milliseconds after the cluster came up: not again on replicas that join later, nor in
 * a rolling deploy.
 *
 * @example
 * @ClusteredTimeout(30_000, { name: 'warm-up' })
 * async warmUp(run: WorkerRun) { … }
 */
export function ClusteredTimeout(afterMs: number, options: TaskOptions) {
  return taskDecorator<RunMethod>({ kind: 'timeout', schedule: { afterMs }, options });
}
