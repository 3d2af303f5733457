import type { WorkerRun } from '../worker-run.js';
import { taskDecorator } from './task.metadata.js';

/** Options of `@ClusteredWorker()`. */
export interface ClusteredWorkerOptions {
  /** Unique in the application, 1 to 128 characters. */
  name: string;
}

/** A method that works until its signal aborts. */
export type WorkerMethod = (signal: AbortSignal, run: WorkerRun) => unknown;

/**
 * A loop that lives on exactly one replica. When that replica dies or drains, another one starts it within seconds. It
 * must end when `signal` aborts; when it ends by itself it is started again, after a failure with growing pauses.
 *
 * @example
 * @ClusteredWorker({ name: 'change-feed' })
 * async follow(signal: AbortSignal) {
 *   while (!signal.aborted) await this.readNext(signal);
 * }
 */
export function ClusteredWorker(options: ClusteredWorkerOptions) {
  return taskDecorator<WorkerMethod>({ kind: 'worker', schedule: {}, options });
}
