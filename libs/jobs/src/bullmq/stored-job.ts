import type { Job, JobState as BullmqState, JobsOptions, JobType } from 'bullmq';
import type { JobInfo, JobState } from '../job.js';
import type { Dedupe, NewJob } from '../jobs.driver.js';

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
 * @param now the store's time
 * @param once see `JobsDriver.add`
 */
export function optionsOf(job: NewJob, now: number, once = false): JobsOptions {
  const { id, notBefore, priority, attempts, dedupe } = job;
  const delayMs = notBefore === undefined ? job.delayMs : Math.max(0, notBefore - now);
  return {
    jobId: id,
    timestamp: now,
    attempts,
    // The delay before a retry comes from the worker, which knows the handler.
    backoff: { type: 'rookery' },
    stackTraceLimit: 10,
    keepLogs: 1000,
    ...(delayMs > 0 && { delay: delayMs }),
    ...(priority > 0 && { priority }),
    ...(dedupe ? deduplication(dedupe) : once && { deduplication: { id: `once-${id}`, ttl: ONCE_MS } }),
  };
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
