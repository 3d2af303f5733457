import type { TaskOptions } from '../workers.options.js';
import { taskDecorator, type RunMethod } from './task.metadata.js';

/** Options of `@ClusteredCron()`. */
export interface ClusteredCronOptions extends TaskOptions {
  /** The zone that the expression counts in, as in the IANA list. @default 'UTC' */
  timeZone?: string;
}

/**
 * Runs the method at every slot of a cron expression, once in the whole cluster. With six fields the first is the
 * second. An hour that the zone's clock skips or repeats counts once.
 *
 * @example
 * @ClusteredCron('0 8 * * *', { name: 'renewal-reminders', timeZone: 'Europe/Rome' })
 * async sendReminders(run: WorkerRun) { … }
 */
export function ClusteredCron(expression: string, { timeZone = 'UTC', ...options }: ClusteredCronOptions) {
  return taskDecorator<RunMethod>({ kind: 'cron', schedule: { cron: expression, timeZone }, options });
}
