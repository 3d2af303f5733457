import { WorkerDefinitionError } from './workers.errors.js';
import type { Schedule } from './schedule/schedule.js';
import type { TaskDefinition } from './workers.driver.js';
import type { TaskOptions } from './workers.options.js';

/** A schedule that is made while the app runs. Give one of `cron`, `everyMs` and `at`. */
export interface DynamicSchedule extends TaskOptions {
  /** The `@WorkerHandler` that runs it. */
  handler: string;
  /** Handed to the handler as `run.data`; must be JSON, at most 64 KiB. */
  data?: unknown;
  /** A cron expression, five or six fields. */
  cron?: string;
  /** The zone of `cron`. @default 'UTC' */
  timeZone?: string;
  /** Every so many milliseconds, at least 100. */
  everyMs?: number;
  /** Once, at that time. */
  at?: Date;
}

type When = Pick<DynamicSchedule, 'cron' | 'timeZone' | 'everyMs' | 'at'>;

/** @throws WorkerDefinitionError unless exactly one of the three is given */
export function scheduleOf({ cron, timeZone, everyMs, at }: When, name: string): [TaskDefinition['kind'], Schedule] {
  const given = [cron, everyMs, at].filter((value) => value !== undefined).length;
  if (given !== 1)
    throw new WorkerDefinitionError(name, 'upsert', `needs exactly one of cron, everyMs and at, but got ${given}.`);
  if (cron !== undefined) return ['cron', { cron, timeZone: timeZone ?? 'UTC' }];
  if (everyMs !== undefined) return ['interval', { everyMs }];
  return ['at', { at: at!.getTime() }];
}
