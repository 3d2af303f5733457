import type { TaskOptions } from '../workers.options.js';
import { taskDecorator, type RunMethod } from './task.metadata.js';

/**
 * Runs the method every `everyMs` milliseconds (at least 100), once in the whole cluster. The slots are the multiples of
 * `everyMs` since the epoch, the same on every replica.
 *
 * @example
 * @ClusteredInterval(5_000, { name: 'poll-payments' })
 * async poll(run: WorkerRun) { … }
 */
export function ClusteredInterval(everyMs: number, options: TaskOptions) {
  return taskDecorator<RunMethod>({ kind: 'interval', schedule: { everyMs }, options });
}
