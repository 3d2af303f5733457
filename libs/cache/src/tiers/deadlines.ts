import { DeadlineError } from '@rookery/core';

interface Waiting {
  due: number;
  reject: (error: Error) => void;
}

/**
 * One deadline for many short calls. All have the same, so they end in the order in which they began and one timer
 * serves them all: a timer and a race per call would cost as much as the call.
 */
export class Deadlines {
  private readonly waiting = new Set<Waiting>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly what: string,
    private readonly deadlineMs: number,
  ) {}

  /** @throws DeadlineError when the time is up; the late outcome is ignored */
  within<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const entry = { due: performance.now() + this.deadlineMs, reject };
      this.waiting.add(entry);
      this.timer ??= setTimeout(this.look, this.deadlineMs);
      work.then(
        (result) => {
          this.waiting.delete(entry);
          resolve(result);
        },
        (error: Error) => {
          this.waiting.delete(entry);
          reject(error);
        },
      );
    });
  }

  /** After a busy spell timers run before sockets are read: whoever has his answer there must not be called late. */
  private readonly look = () => setImmediate(this.sweep);

  private readonly sweep = () => {
    const now = performance.now();
    this.timer = undefined;
    for (const entry of this.waiting) {
      if (entry.due > now) {
        this.timer = setTimeout(this.look, entry.due - now);
        return;
      }
      this.waiting.delete(entry);
      entry.reject(new DeadlineError(this.what, this.deadlineMs));
    }
  };
}
