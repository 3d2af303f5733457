import { DeadlineError } from '@rookery/core';

interface Waiting {
  due: number;
  settled: boolean;
  reject: (error: Error) => void;
}

/**
 * One deadline for many short calls. All have the same, so they end in the order in which they began and one timer
 * serves them all: a timer and a race per call would cost as much as the call.
 */
export class Deadlines {
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly what: string,
    private readonly deadlineMs: number,
  ) {}

  /** @throws DeadlineError when the time is up; the late outcome is ignored */
  within<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const entry: Waiting = { due: performance.now() + this.deadlineMs, settled: false, reject };
      this.waiting.push(entry);
      this.timer ??= setTimeout(this.look, this.deadlineMs);
      work.then(
        (result) => {
          entry.settled = true;
          resolve(result);
        },
        (error: Error) => {
          entry.settled = true;
          reject(error);
        },
      );
    });
  }

  /** After a busy spell timers run before sockets are read: whoever has his answer there must not be called late. */
  private readonly look = () => setImmediate(this.sweep);

  private readonly sweep = () => {
    const now = performance.now();
    const pending = this.waiting.filter(({ settled }) => !settled);
    this.waiting = pending.filter(({ due }) => due > now);
    this.timer = this.waiting.length > 0 ? setTimeout(this.look, this.waiting[0].due - now) : undefined;
    for (const { due, reject } of pending) if (due <= now) reject(new DeadlineError(this.what, this.deadlineMs));
  };
}
