import { CronTime } from 'cron';
import { CronSlots } from './cron-slots.js';
import { IntervalSlots, RememberedSlots, SingleSlot, type Slots } from './slots.js';

/** A cron expression and where it counts. */
export interface CronSchedule {
  cron: string;
  /** An IANA name, such as 'Europe/Rome'. @default the process' own */
  timeZone?: string;
  /** Minutes from UTC, in place of `timeZone`. */
  utcOffset?: number;
}

/** When a task is due, as it is kept at the store. */
export type Schedule = CronSchedule | { everyMs: number } | { afterMs: number } | { at: number };

/**
 * The slots of a schedule.
 *
 * @param upSince since when the cluster has been up: a timeout counts from there
 * @throws whatever `cron` throws for a bad expression or zone
 */
export function slotsOf(schedule: Schedule, upSince: () => number): Slots {
  if ('cron' in schedule) {
    const { cron, timeZone, utcOffset } = schedule;
    const time = utcOffset === undefined ? new CronTime(cron, timeZone ?? 'UTC') : new CronTime(cron, null, utcOffset);
    return new RememberedSlots(new CronSlots(time));
  }
  if ('everyMs' in schedule) return new IntervalSlots(schedule.everyMs);
  if ('afterMs' in schedule) return new SingleSlot(() => upSince() + schedule.afterMs);
  return new SingleSlot(() => schedule.at);
}
