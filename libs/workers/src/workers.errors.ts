import { RookeryError } from '@rookery/core';

/** Every error of this lib; `task` is the task's name. */
export class WorkersError extends RookeryError {
  constructor(
    code: string,
    readonly task: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(code, message, options);
  }
}

/** A decorator or `upsert` described a task that cannot be. */
export class WorkerDefinitionError extends WorkersError {
  constructor(task: string, where: string, why: string, cause?: unknown) {
    super('ROOKERY_WORKER_DEFINITION', task, `Task "${task}" (${where}) ${why}`, { cause });
  }
}

/** `runNow`, `pause`, `history` … of a name that no replica has registered. */
export class UnknownTaskError extends WorkersError {
  constructor(task: string) {
    super(
      'ROOKERY_WORKER_UNKNOWN',
      task,
      `There is no task "${task}" in this application. WorkersService.list() names those that exist; a task appears when a replica that runs workers has started with it.`,
    );
  }
}

/** The run's lease ended, or may have ended, while it was still at work. Reason of the run's `signal`. */
export class RunLostError extends WorkersError {
  constructor(task: string, why: string) {
    super(
      'ROOKERY_RUN_LOST',
      task,
      `The run of "${task}" is lost: ${why}. Another replica may do it again; stop, and let fenced writes (assertFence) refuse what comes late.`,
    );
  }
}

/** The run took longer than its `timeoutMs`. Reason of the run's `signal`. */
export class RunTimeoutError extends WorkersError {
  constructor(task: string, timeoutMs: number) {
    super(
      'ROOKERY_RUN_TIMEOUT',
      task,
      `The run of "${task}" took longer than its timeoutMs of ${timeoutMs} ms and was told to stop. Make the work smaller, or allow it more time.`,
    );
  }
}

/** The replica shuts down, or the worker was paused. Reason of the run's `signal`. */
export class RunStoppedError extends WorkersError {
  constructor(task: string) {
    super(
      'ROOKERY_RUN_STOPPED',
      task,
      `The run of "${task}" was told to stop: its replica shuts down, or it is a worker that was paused.`,
    );
  }
}

/** `completeIn` found that another attempt of the run has committed. Its caller rolls back, and the run counts as good. */
export class RunAlreadyDoneError extends WorkersError {
  constructor(task: string, slot: number) {
    super(
      'ROOKERY_RUN_ALREADY_DONE',
      task,
      `The run of "${task}" for ${new Date(slot).toISOString()} is done already: another attempt has committed. Roll back; nothing is left to do.`,
    );
  }
}
