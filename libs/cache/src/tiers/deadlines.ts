import { DeadlineError } from '@rookery/core';

/** How often the time is taken while somebody waits. */
const SLICE_MS = 50;
/** A slice that is longer than this was not spent waiting: this process did not get to run. */
const LONGEST_SLICE_MS = 60;

interface Waiting {
  due: number;
  /** Taken away once there is an outcome: what a Set has forgotten, its old tables may still hold until the next big GC. */
  reject?: (error: Error) => void;
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

  /** @throws DeadlineError when the time is up; the late outcome is ignored */
  within<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!this.timer) this.start();
      const entry: Waiting = { due: this.now() + this.deadlineMs, reject };
      this.waiting.add(entry);
      work.then(
        (result) => {
          this.forget(entry);
          resolve(result);
        },
        (error: Error) => {
          this.forget(entry);
          reject(error);
        },
      );
    });
  }

  private forget(entry: Waiting): void {
    this.waiting.delete(entry);
    entry.reject = undefined;
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
      entry.reject?.(new DeadlineError(this.what, this.deadlineMs));
      this.forget(entry);
    }
  };
}
