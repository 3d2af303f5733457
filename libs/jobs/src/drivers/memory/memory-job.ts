import type { JobInfo, JobState } from '../../job.js';
import type { Dedupe, NewJob } from '../../jobs.driver.js';

/** A job in the memory of this process. */
export interface MemoryJob {
  readonly new: NewJob;
  /** JSON, so that no two runs share an object. */
  args: string;
  state: JobState;
  readonly order: number;
  attemptsMade: number;
  progress: unknown;
  result: unknown;
  failedReason: string | undefined;
  readonly enqueuedAt: number;
  dueAt: number;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  steps: Readonly<Record<string, unknown>>;
  logs: string[];
  timer: NodeJS.Timeout | undefined;
  /** The job that waits for this one. */
  readonly parent: MemoryJob | undefined;
  readonly children: MemoryJob[];
  /** What follows the job when `latest` came while it ran. */
  next: NewJob | undefined;
}

export function memoryJob(job: NewJob, order: number, parent?: MemoryJob): MemoryJob {
  const now = Date.now();
  return {
    new: job,
    args: JSON.stringify(job.args),
    state: 'waiting',
    order,
    attemptsMade: 0,
    progress: undefined,
    result: undefined,
    failedReason: undefined,
    enqueuedAt: now,
    dueAt: now + delayOf(job),
    startedAt: undefined,
    finishedAt: undefined,
    steps: {},
    logs: [],
    timer: undefined,
    parent,
    children: [],
    next: undefined,
  };
}

export function infoOf(job: MemoryJob): JobInfo {
  const { id, name, queue, attempts: maxAttempts } = job.new;
  return {
    id,
    name,
    queue,
    args: JSON.parse(job.args) as unknown,
    state: job.state,
    attemptsMade: job.attemptsMade,
    maxAttempts,
    crashes: 0,
    progress: job.progress,
    result: job.result,
    failedReason: job.failedReason,
    enqueuedAt: job.enqueuedAt,
    startedAt: job.startedAt,
    finishedAt: job.finishedAt,
  };
}

export const delayOf = ({ delayMs, notBefore }: NewJob) =>
  notBefore === undefined ? delayMs : Math.max(0, notBefore - Date.now());

export const isDone = ({ state }: MemoryJob) => state === 'completed' || state === 'failed';

/** Which job a dedupe key stands for, and until when. */
export interface DedupeEntry {
  readonly job: MemoryJob;
  readonly until: number;
}

export function dedupeEntry(dedupe: Dedupe, job: MemoryJob): DedupeEntry {
  return { job, until: 'windowMs' in dedupe ? performance.now() + dedupe.windowMs : Infinity };
}
