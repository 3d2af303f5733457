import { DeadlineError } from '@rookery/core';

/** How often the time is taken while somebody waits. */
const SLICE_MS = 50;
/** A slice that is longer than this was not spent waiting: this process did not get to run. */
const LONGEST_SLICE_MS = 60;

interface Waiting {
  due: number;
  /** Taken away with the outcome: what a Set has forgotten, its former tables hold on to until the next full collection. */
  fail?: (error: Error) => void;
}

/**
 * One deadline for many short calls. All have the same, so they end in the order in which they began and one timer
 * serves them all: a timer and a race per call would cost as much as the call. Time in which this process stood still
 * (a long computation, a starved machine) does not count: the answer may lie there, or the question not have left yet.
 */
export class Deadlines {
  private readonly waiting = new Set<Waiting>();
  private timer: NodeJS.Timeout | undefined;
  /** Milliseconds that this process has been waiting, up to `seenAt`. */
  private waited = 0;
  private seenAt = 0;

  constructor(
    private readonly what: string,
    private readonly deadlineMs: number,
  ) {}

  /**
   * What the work resolves to, or what `onFault` makes of its error: a DeadlineError when the time is up. The late
   * outcome is ignored.
   */
  within<T, Fault = never>(
    work: Promise<T>,
    onFault: (error: Error) => Fault | Promise<Fault> = (error) => Promise.reject(error),
  ): Promise<T | Fault> {
    return new Promise((resolve) => {
      if (!this.timer) this.start();
      const end = () => {
        entry.fail = undefined;
        return this.waiting.delete(entry);
      };
      const fail = (error: Error) => void (end() && resolve(onFault(error)));
      const entry: Waiting = { due: this.now() + this.deadlineMs, fail };
      this.waiting.add(entry);
      work.then((answer) => void (end() && resolve(answer)), fail);
    });
  }

  private now(): number {
    return this.waited + Math.min(performance.now() - this.seenAt, LONGEST_SLICE_MS);
  }

  private start(): void {
    this.seenAt = performance.now();
    this.timer = setTimeout(this.look, Math.min(SLICE_MS, this.deadlineMs));
  }

  /** After a busy spell timers run before sockets are read: whoever has his answer there must not be called late. */
  private readonly look = () => setImmediate(this.sweep);

  private readonly sweep = () => {
    this.waited = this.now();
    this.seenAt = performance.now();
    this.timer = undefined;
    for (const entry of this.waiting) {
      if (entry.due > this.waited) {
        this.timer = setTimeout(this.look, Math.min(SLICE_MS, entry.due - this.waited));
        return;
      }
      entry.fail?.(new DeadlineError(this.what, this.deadlineMs));
    }
  };
}
