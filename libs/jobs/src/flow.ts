import { InvalidInputError } from '@rookery/core';
import type { JobClass } from './job.js';
import type { NewFlow } from './jobs.driver.js';
import type { EnqueueOptions, JobsModuleOptions } from './jobs.options.js';
import { newJob } from './new-job.js';

/** Options of a job in a flow. */
export type FlowOptions = Pick<EnqueueOptions, 'attempts' | 'priority' | 'delayMs'>;

/** A job and those that must be done before it; made by {@link flow}. */
export interface Flow<Result = unknown> {
  readonly job: JobClass<never, Result>;
  readonly args: unknown;
  readonly children: readonly Flow[];
  readonly options: FlowOptions;
}

/**
 * Describes jobs that depend on each other, for `jobs.enqueueFlow`: a job runs when all its children have completed, and
 * fails when one of them fails for good. `ctx.childResults()` hands it what they answered.
 *
 * @example
 * await jobs.enqueueFlow(flow(SendReport, { to }, [flow(RenderPart, { part: 1 }), flow(RenderPart, { part: 2 })]));
 */
export function flow<Args, Result>(
  job: JobClass<Args, Result>,
  args: NoInfer<Args>,
  children: readonly Flow[] = [],
  options: FlowOptions = {},
): Flow<Result> {
  return { job: job as JobClass<never, Result>, args, children, options };
}

/** @throws what `newJob` throws, and InvalidInputError for options that have no meaning in a flow */
export function newFlow({ job, args, children, options }: Flow, defaults: JobsModuleOptions): NewFlow {
  const checked = newJob(job, args, options, defaults);
  if (checked.dedupe) throw new InvalidInputError(`dedupeKey of job "${checked.name}"`, 'given', 'left out in a flow');
  return { job: checked, children: children.map((child) => newFlow(child, defaults)) };
}

/** All jobs of a flow, the last to run first. */
export function jobsOf({ job, children }: NewFlow): NewFlow['job'][] {
  return [job, ...children.flatMap(jobsOf)];
}
