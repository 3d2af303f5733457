import { reason, RookeryError, traced, type TraceCarrier } from '@rookery/core';
import { backoffDelay } from '../backoff.js';
import { JobContext } from '../job-context.js';
import { checkJson } from '../job-data.js';
import type { ActiveJob, Outcome } from '../jobs.driver.js';
import {
  JobCancelledError,
  JobCrashedError,
  JobInterruptedError,
  JobTimeoutError,
  UnrecoverableJobError,
} from '../jobs.errors.js';
import type { Handler } from './handler.js';
import { Run, type Ended } from './run.js';

/** How long a job that no handler of this replica knows is left to newer replicas before it is looked at again. */
const UNKNOWN_RETRY_MS = 5_000;

/** What is told about a run. That it failed is an outcome here, and an error to those who trace. */
interface RunTrace {
  job: string;
  id: string;
  attempt: number;
  carrier?: TraceCarrier;
  error?: Error;
}

/** Runs jobs and decides what becomes of them. Knows all runs of this process. */
export class JobRunner {
  private readonly runs = new Map<string, Run>();
  private draining = false;

  constructor(
    private readonly handlers: ReadonlyMap<string, Handler>,
    private readonly abortGraceMs: number,
  ) {}

  get running(): number {
    return this.runs.size;
  }

  /** From now on jobs go back to their queue unstarted. */
  stopIntake(): void {
    this.draining = true;
  }

  /** Tells a run of this process to stop. False when it is not here. */
  cancel(queue: string, id: string): boolean {
    const run = this.runs.get(`${queue}:${id}`);
    run?.abort(new JobCancelledError(run.label));
    return run !== undefined;
  }

  /** Tells all runs to stop and give their jobs back. */
  interruptAll(): void {
    for (const run of this.runs.values()) run.abort(new JobInterruptedError(run.label));
  }

  run(job: ActiveJob): Promise<Outcome> {
    if (this.draining) return Promise.resolve({ kind: 'returned' });
    const handler = this.handlers.get(job.name);
    if (!handler) return Promise.resolve({ kind: 'postponed', delayMs: UNKNOWN_RETRY_MS });
    const run = new Run(`${job.name} (${job.id})`, this.abortGraceMs);
    if (job.crashes > handler.maxCrashes) {
      const error = new JobCrashedError(run.label, job.crashes);
      return Promise.resolve({ kind: 'failed', error, retryInMs: null });
    }
    const context: RunTrace = { job: job.name, id: job.id, attempt: job.attempt, carrier: job.trace };
    return traced('jobs:run', context, () => this.execute(handler, job, run, context));
  }

  /** Not an async function: under an AsyncLocalStorage the promises of one cost more than all the rest of this. */
  private execute(handler: Handler, job: ActiveJob, run: Run, trace: RunTrace): Promise<Outcome> {
    const { timeoutMs } = handler;
    const key = `${job.queue}:${job.id}`;
    const ctx = new JobContext(job, run);
    this.runs.set(key, run);
    job.lease.onLost = (why) => run.abort(why);
    const timer = timeoutMs > 0 && setTimeout(() => run.abort(new JobTimeoutError(run.label, timeoutMs)), timeoutMs);
    const work = () => ctx.enter(() => handler.invoke(job.args, ctx));
    return run.settle(work, (ended) => {
      if (timer) clearTimeout(timer);
      job.lease.onLost = undefined;
      if (this.runs.get(key) === run) this.runs.delete(key);
      if (ctx.isCompleted || job.lease.lostBecause) return { kind: 'settled' };
      const outcome = outcomeOf(ended, run, handler, job);
      if (outcome.kind === 'failed') trace.error = outcome.error;
      return outcome;
    });
  }
}

function outcomeOf(ended: Ended, run: Run, handler: Handler, job: ActiveJob): Outcome {
  if ('error' in ended) return failed(ended.error, run, handler, job);
  try {
    const result = ended.result ?? null;
    checkJson(run.label, 'the result', result, Infinity);
    return { kind: 'completed', result };
  } catch (error) {
    return failed(error, run, handler, job);
  }
}

function failed(error: unknown, run: Run, handler: Handler, job: ActiveJob): Outcome {
  const why: unknown = run.abortedBecause ?? error;
  if (why instanceof JobInterruptedError) return { kind: 'returned' };
  const final =
    why instanceof JobCancelledError ||
    error instanceof UnrecoverableJobError ||
    (error instanceof RookeryError && error.code === 'ROOKERY_JOB_DATA') ||
    job.attempt >= job.maxAttempts;
  return {
    kind: 'failed',
    error: readable(why),
    retryInMs: final ? null : backoffDelay(handler.backoff, job.attempt),
  };
}

/** What a handler throws may be anything; what is recorded is an error with words in it. */
function readable(thrown: unknown): Error {
  if (thrown instanceof Error && thrown.message !== '') return thrown;
  const text = thrown instanceof Error ? reason(thrown) : thrownText(thrown);
  return new Error(text, { cause: thrown });
}

function thrownText(thrown: unknown): string {
  try {
    return `the handler threw ${JSON.stringify(thrown) ?? String(thrown)}, which is not an Error`;
  } catch {
    return 'the handler threw something that is not an Error';
  }
}
