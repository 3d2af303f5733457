import { checkMs, InvalidInputError } from '@rookery/core';
import type { BackoffOptions } from './jobs.options.js';

const TWO_DAYS_MS = 172_800_000;

/** @throws InvalidInputError naming `what` */
export function checkedBackoff(what: string, options: BackoffOptions = {}): Required<BackoffOptions> {
  const { type = 'exponential', delayMs = 60_000, factor = 2, maxDelayMs = TWO_DAYS_MS, jitter = 0.1 } = options;
  if (type !== 'exponential' && type !== 'fixed')
    throw new InvalidInputError(`type of ${what}`, type, '"exponential" or "fixed"');
  checkMs(`delayMs of ${what}`, delayMs);
  checkMs(`maxDelayMs of ${what}`, maxDelayMs);
  if (!(factor >= 1 && factor <= 100))
    throw new InvalidInputError(`factor of ${what}`, factor, 'a number from 1 to 100');
  if (!(jitter >= 0 && jitter <= 1)) throw new InvalidInputError(`jitter of ${what}`, jitter, 'a number from 0 to 1');
  return { type, delayMs, factor, maxDelayMs, jitter };
}

/** Milliseconds until the next try, after `attempt` (1 for the first) has failed. */
export function backoffDelay(options: Required<BackoffOptions>, attempt: number): number {
  const { type, delayMs, factor, maxDelayMs, jitter } = options;
  const full = type === 'fixed' ? delayMs : delayMs * factor ** (attempt - 1);
  return Math.round(Math.min(full, maxDelayMs) * (1 - jitter * Math.random()));
}
