import type { TraceCarrier } from '@rookery/core';
import type { Job, JobState as BullmqState, JobsOptions, JobType } from 'bullmq';
import type { JobInfo, JobState } from '../job.js';
import type { Dedupe, NewJob, Retention } from '../jobs.driver.js';
import type { StoreClock } from './store-clock.js';

/** What we keep in a bullmq job's `data`. */
export interface StoredData {
  args: unknown;
  /** What `ctx.step` has remembered. */
  steps?: Readonly<Record<string, unknown>>;
}

/** Which of bullmq's states stand behind ours. */
export const TYPES_OF: Record<JobState, JobType[]> = {
  waiting: ['waiting', 'prioritized'],
  delayed: ['delayed'],
  blocked: ['waiting-children'],
  active: ['active'],
  completed: ['completed'],
  failed: ['failed'],
};

export function dataOf(job: NewJob): StoredData {
  return { args: job.args };
}

const ONCE_MS = 600_000;

/**
 * As little as possible, since the store's scripts read it at every step: retention is the worker's.
 *
 * @param clock the store's
 * @param once see `JobsDriver.add`
 */
export function optionsOf(job: NewJob, clock: StoreClock, once = false): JobsOptions {
  const { id, notBefore, priority, attempts, dedupe, trace } = job;
  const delayMs = notBefore === undefined ? job.delayMs : Math.max(0, notBefore - clock.now());
  return {
    jobId: id,
    attempts,
    ...(clock.skewMs !== 0 && { timestamp: clock.now() }),
    ...(delayMs > 0 && { delay: delayMs }),
    ...(priority > 0 && { priority }),
    // Where bullmq's own telemetry has it, in the same form: its workers can link to our jobs.
    ...(trace && { telemetry: { metadata: JSON.stringify(trace) } }),
    ...(dedupe ? deduplication(dedupe) : once && { deduplication: { id: `once-${id}`, ttl: ONCE_MS } }),
  };
}

export function traceOf({ opts }: Job<StoredData>): TraceCarrier | undefined {
  try {
    return opts.telemetry?.metadata === undefined ? undefined : (JSON.parse(opts.telemetry.metadata) as TraceCarrier);
  } catch {
    return undefined; // somebody else's, in a form of their own
  }
}

function deduplication(dedupe: Dedupe): JobsOptions {
  const id = dedupe.key;
  switch (dedupe.mode) {
    case 'until-done':
      return { deduplication: { id } };
    case 'latest':
      return { deduplication: { id, keepLastIfActive: true } };
    case 'throttle':
      return { deduplication: { id, ttl: dedupe.windowMs } };
    case 'debounce':
      return { deduplication: { id, ttl: dedupe.windowMs, extend: true, replace: true } };
  }
}

export function infoOf(job: Job<StoredData>, state: JobState | BullmqState): JobInfo {
  return {
    id: job.id!,
    name: job.name,
    queue: job.queueName,
    args: job.data.args,
    state: stateOf(state),
    attemptsMade: job.attemptsMade,
    maxAttempts: job.opts.attempts ?? 1,
    crashes: job.stalledCounter,
    progress: job.progress === 0 ? undefined : job.progress,
    result: state === 'completed' ? (job.returnvalue as unknown) : undefined,
    failedReason: job.failedReason || undefined,
    enqueuedAt: job.timestamp,
    startedAt: job.processedOn,
    finishedAt: job.finishedOn,
  };
}

function stateOf(state: JobState | BullmqState): JobState {
  if (state === 'prioritized') return 'waiting';
  return state === 'waiting-children' ? 'blocked' : state;
}

/** Our retention in bullmq's words. */
export const kept = ({ ageMs, count }: Retention) => ({ age: Math.ceil(ageMs / 1000), count });
