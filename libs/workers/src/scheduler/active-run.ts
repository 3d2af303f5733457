import { sleep, traced } from '@rookery/core';
import type { RunOutcome, RunRecord } from '../workers.driver.js';
import { RunAlreadyDoneError, RunLostError, RunStoppedError, RunTimeoutError } from '../workers.errors.js';
import { WorkerRun } from '../worker-run.js';
import type { Presence } from './presence.js';
import type { TaskCode } from './task.js';

/** What a method that ignores its signal is waited for, before the run is closed without it. */
const IGNORED_MS = 5_000;
const MAX_ERROR_CHARACTERS = 2_000;

/** A run on this replica: calls the method, and ends its signal when the run may no longer go on. */
export class ActiveRun {
  /** Settles with the end of the run, for the store to record. */
  readonly ended: Promise<RunOutcome>;
  private readonly abort = new AbortController();
  private watch: NodeJS.Timeout | undefined;
  private deadline: NodeJS.Timeout | undefined;

  constructor(
    readonly record: RunRecord,
    private readonly code: TaskCode,
    private readonly presence: Presence,
    /** `<namespace>/<application>`: whose task it is. */
    readonly application: string,
  ) {
    const { timeoutMs } = code.policy;
    if (timeoutMs !== undefined) {
      this.deadline = setTimeout(() => this.abort.abort(new RunTimeoutError(record.name, timeoutMs)), timeoutMs);
      this.deadline.unref();
    }
    this.guard();
    this.ended = this.execute();
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Ends the signal if the lease can no longer be trusted. */
  check(): void {
    if (!this.presence.isSure)
      this.lose('its replica could not reach the store in time (it was paused, or the store did not answer)');
  }

  /** The run is somebody else's now. */
  lose(why: string): void {
    this.abort.abort(new RunLostError(this.record.name, why));
  }

  /** The replica shuts down. */
  stop(): void {
    this.abort.abort(new RunStoppedError(this.record.name));
  }

  private async execute(): Promise<RunOutcome> {
    const { name, slot, runId, attempt } = this.record;
    const { data } = this.code.definition;
    const call = async () =>
      this.code.execute(new WorkerRun(this.record, this, data === undefined ? undefined : JSON.parse(data)));
    // A moment later, when this object is there for those who look at it from inside the call.
    const work = Promise.resolve().then(() => traced('workers:run', { name, slot, runId, attempt }, call));
    work.catch(() => undefined);
    let failure: { error: unknown } | undefined;
    try {
      await Promise.race([work, this.ignored()]);
    } catch (error) {
      if (!(error instanceof RunAlreadyDoneError)) failure = { error };
    }
    clearTimeout(this.watch);
    clearTimeout(this.deadline);
    return this.outcome(failure);
  }

  /** Rejects when the signal has aborted and the method did not care for too long. */
  private async ignored(): Promise<never> {
    await new Promise((resolve) => this.signal.addEventListener('abort', resolve, { once: true }));
    await sleep(IGNORED_MS);
    throw this.signal.reason;
  }

  private outcome(failure: { error: unknown } | undefined): RunOutcome {
    const { runId, name } = this.record;
    const { reason } = this.signal as { reason: unknown };
    const mayRerun = !this.isEndless && this.code.policy.onCrash === 'rerun';
    const end = { runId, name, error: failure ? textOf(failure.error) : null, rerun: false };
    // What ran to its end is done, however late; the store decides whether it still counts.
    if (!failure && !(reason instanceof RunTimeoutError) && !(reason instanceof RunStoppedError && this.isEndless))
      return { ...end, status: 'succeeded' };
    // The store may still hold it for us, when it was away itself; otherwise it will not listen.
    if (reason instanceof RunLostError) return { ...end, status: 'crashed', rerun: mayRerun };
    if (reason instanceof RunTimeoutError) return { ...end, status: 'timed-out', error: reason.message };
    if (reason instanceof RunStoppedError) return { ...end, status: 'cut', error: null, rerun: mayRerun };
    return { ...end, status: 'failed' };
  }

  /** A worker is started again anyway, by whoever is first. */
  private get isEndless(): boolean {
    return this.code.definition.kind === 'worker';
  }

  private guard(): void {
    this.watch = setTimeout(
      () => {
        this.check();
        if (!this.signal.aborted) this.guard();
      },
      Math.max(20, this.presence.remainingMs()),
    );
    this.watch.unref();
  }
}

function textOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, MAX_ERROR_CHARACTERS);
}
