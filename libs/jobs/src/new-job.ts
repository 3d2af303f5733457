import { randomUUID } from 'node:crypto';
import { checkMs, checkName, InvalidInputError } from '@rookery/core';
import { definitionOf } from './decorators/job-handler.decorator.js';
import type { JobClass } from './job.js';
import { checkJson } from './job-data.js';
import type { Dedupe, NewJob } from './jobs.driver.js';
import { checkWhole, type EnqueueOptions, type JobsModuleOptions } from './jobs.options.js';

const MAX_PRIORITY = 2_097_151;
const MAX_DELAY_MS = 100 * 366 * 24 * 3_600_000;

/** Grows with time, so that indexes of a database stay compact; short, since a store's scripts handle it many times. */
const newId = () => `${Date.now().toString(36)}-${randomUUID().slice(19)}`;

/**
 * A checked job, ready for the store.
 *
 * @throws UnknownJobError, JobDataError or InvalidInputError naming what is wrong
 */
export function newJob(
  job: JobClass<never, unknown>,
  args: unknown,
  options: EnqueueOptions,
  { defaults = {}, maxArgsBytes = 262_144 }: JobsModuleOptions,
): NewJob {
  const definition = definitionOf(job);
  const { name, queue } = definition;
  const given = args === undefined ? null : args;
  checkJson(name, 'the arguments', given, maxArgsBytes);
  const attempts = options.attempts ?? definition.attempts ?? defaults.attempts ?? 12;
  const priority = options.priority ?? definition.priority ?? 0;
  checkWhole(`attempts of job "${name}"`, attempts, 1, 1_000_000);
  checkWhole(`priority of job "${name}"`, priority, 0, MAX_PRIORITY);
  const dedupe = checkedDedupe(name, options);
  // Debouncing is a delay that starts anew with every call.
  const delayMs = dedupe?.mode === 'debounce' ? dedupe.windowMs : delayOf(name, options);
  const notBefore = options.runAt?.getTime();
  return {
    id: newId(),
    queue,
    name,
    args: given,
    attempts,
    priority,
    delayMs,
    ...(notBefore && { notBefore }),
    ...(dedupe && { dedupe }),
  };
}

function delayOf(name: string, { delayMs, runAt }: EnqueueOptions): number {
  if (runAt !== undefined) {
    if (delayMs !== undefined)
      throw new InvalidInputError(`delayMs of job "${name}"`, delayMs, 'left out beside runAt');
    if (!(runAt instanceof Date) || Number.isNaN(runAt.getTime()))
      throw new InvalidInputError(`runAt of job "${name}"`, String(runAt), 'a valid Date');
  }
  const delay = Math.ceil(checkMs(`delayMs of job "${name}"`, delayMs ?? 0));
  const whole = runAt ? runAt.getTime() - Date.now() : delay;
  if (whole > MAX_DELAY_MS) throw new InvalidInputError(`The delay of job "${name}"`, whole, 'at most 100 years');
  return delay;
}

function checkedDedupe(name: string, { dedupeKey, dedupe = 'until-done' }: EnqueueOptions): Dedupe | undefined {
  if (dedupeKey === undefined) return undefined;
  const key = checkName(`dedupeKey of job "${name}"`, dedupeKey, 512);
  if (dedupe === 'until-done' || dedupe === 'latest') return { key, mode: dedupe };
  if (typeof dedupe === 'object' && 'throttleMs' in dedupe)
    return { key, mode: 'throttle', windowMs: checkMs(`throttleMs of job "${name}"`, dedupe.throttleMs, 1) };
  if (typeof dedupe === 'object' && 'debounceMs' in dedupe)
    return { key, mode: 'debounce', windowMs: checkMs(`debounceMs of job "${name}"`, dedupe.debounceMs, 1) };
  throw new InvalidInputError(
    `dedupe of job "${name}"`,
    dedupe,
    '"until-done", "latest", { throttleMs } or { debounceMs }',
  );
}
