import { RookeryError } from '@rookery/core';

/** Every error of this lib. `job` is `name (id)`, or the name alone. */
export class JobError extends RookeryError {
  constructor(
    code: string,
    readonly job: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(code, message, options);
  }
}

/** What was handed to `enqueue` is no job. */
export class UnknownJobError extends JobError {
  constructor(job: string) {
    super('ROOKERY_UNKNOWN_JOB', job, `${job} is not a job: mark the class with @JobHandler('some.name').`);
  }
}

/** The arguments, or the result, of a job cannot be stored. */
export class JobDataError extends JobError {
  constructor(job: string, what: string) {
    super('ROOKERY_JOB_DATA', job, `Job ${job}: ${what}`);
  }
}

/** Reason of `ctx.signal` after `timeoutMs`; the try counts as failed. */
export class JobTimeoutError extends JobError {
  constructor(job: string, timeoutMs: number) {
    super(
      'ROOKERY_JOB_TIMEOUT',
      job,
      `Job ${job} was not done within ${timeoutMs} ms. Let it take longer (timeoutMs), or split it.`,
    );
  }
}

/** Reason of `ctx.signal` after a cancel, and what `waitUntilDone` throws for a cancelled job. */
export class JobCancelledError extends JobError {
  constructor(job: string) {
    super('ROOKERY_JOB_CANCELLED', job, `Job ${job} was cancelled.`);
  }
}

/** Reason of `ctx.signal` when somebody else may be running the job now: this replica was silent too long. */
export class JobLeaseLostError extends JobError {
  constructor(job: string, why: string) {
    super(
      'ROOKERY_JOB_LEASE_LOST',
      job,
      `Job ${job} is no longer this replica's: ${why}. It runs again elsewhere; stop, what this run returns is not recorded.`,
    );
  }
}

/** Reason of `ctx.signal` when the replica shuts down; the job runs again elsewhere and no attempt is counted. */
export class JobInterruptedError extends JobError {
  constructor(job: string) {
    super(
      'ROOKERY_JOB_INTERRUPTED',
      job,
      `Job ${job} is given back because this replica shuts down. It runs again elsewhere; no attempt is counted.`,
    );
  }
}

/** Why a job was given up that took its replica down again and again. */
export class JobCrashedError extends JobError {
  constructor(job: string, crashes: number) {
    super(
      'ROOKERY_JOB_CRASHED',
      job,
      `Job ${job} is given up: ${crashes} times the replica that ran it died or fell silent. Look at the logs of those replicas (out of memory? a blocked event loop?), then retry it.`,
    );
  }
}

/** A job failed for good; what `waitUntilDone` throws. */
export class JobFailedError extends JobError {
  constructor(job: string, reason: string) {
    super('ROOKERY_JOB_FAILED', job, `Job ${job} failed: ${reason}`);
  }
}

/** There is no such job: it was cancelled or removed, or it was done so long ago that it is no longer kept. */
export class JobGoneError extends JobError {
  constructor(job: string) {
    super(
      'ROOKERY_JOB_GONE',
      job,
      `Job ${job} is not in its queue: it was cancelled, or done so long ago that it is no longer kept (retention).`,
    );
  }
}

/** Thrown by a handler to say that trying again is pointless: the job fails for good. */
export class UnrecoverableJobError extends RookeryError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('ROOKERY_UNRECOVERABLE_JOB', message, options);
  }
}

/** A job with handlers that contradict each other, or an app that cannot run its jobs. Stops the boot. */
export class JobsSetupError extends RookeryError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('ROOKERY_JOBS_SETUP', message, options);
  }
}
