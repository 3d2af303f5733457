import { InvalidInputError, reason } from '@rookery/core';
import { WorkerDefinitionError } from './workers.errors.js';
import { checkSchedule } from './schedule/check-schedule.js';
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

/** @throws WorkerDefinitionError unless exactly one of the three is given, and it can be */
export function scheduleOf(when: When, name: string): [TaskDefinition['kind'], Schedule] {
  const { cron, everyMs, at } = when;
  const given = [cron, everyMs, at].filter((value) => value !== undefined).length;
  if (given !== 1)
    throw new WorkerDefinitionError(name, 'upsert', `needs exactly one of cron, everyMs and at, but got ${given}.`);
  const found = kindOf(when);
  try {
    checkSchedule(found[1]);
  } catch (error) {
    throw new WorkerDefinitionError(name, 'upsert', `has a schedule that cannot be: ${reason(error)}`, error);
  }
  return found;
}

function kindOf({ cron, timeZone = 'UTC', everyMs, at }: When): [TaskDefinition['kind'], Schedule] {
  if (cron !== undefined) return ['cron', { cron, timeZone }];
  if (everyMs !== undefined) return ['interval', { everyMs }];
  return ['at', { at: at!.getTime() }];
}

/** What a dynamic schedule's data may weigh. */
const MAX_DATA_BYTES = 64 * 1024;

/** @throws InvalidInputError for data that are no JSON, or too much */
export function dataOf(name: string, data: unknown): string | undefined {
  const what = `data of task "${name}"`;
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (error) {
    throw new InvalidInputError(what, reason(error), 'a value that JSON can carry');
  }
  if (text !== undefined && Buffer.byteLength(text) > MAX_DATA_BYTES)
    throw new InvalidInputError(what, `${text.length} characters of JSON`, 'at most 64 KiB');
  return text;
}
