import { checkMs, InvalidInputError } from '@rookery/core';
import { slotsOf, type Schedule } from './schedule.js';

/** A shorter interval would be a busy loop over the network. */
const SHORTEST_INTERVAL_MS = 100;

/** @throws InvalidInputError, or what `cron` throws, for a schedule that can never work */
export function checkSchedule(schedule: Schedule | Record<string, never>): asserts schedule is Schedule {
  if ('everyMs' in schedule) checkMs('the interval', schedule.everyMs, SHORTEST_INTERVAL_MS);
  else if ('afterMs' in schedule) checkMs('the timeout', schedule.afterMs);
  else if ('at' in schedule) checkMs('the time', schedule.at);
  else if (typeof schedule.cron !== 'string')
    throw new InvalidInputError('the schedule', schedule.cron, 'a cron expression, an interval or a time');
  // Asking for a slot proves that there is one: "0 0 31 2 *" is well formed and never comes.
  slotsOf(schedule as Schedule, () => Date.now()).next(Date.now());
}
