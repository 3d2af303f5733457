import type { RookeryError } from '@rookery/core';

/** One run of a handler: its abort signal, and the patience with a handler that does not listen to it. */
export class Run {
  private readonly controller = new AbortController();

  constructor(
    /** `name (id)` */
    readonly label: string,
    private readonly graceMs: number,
  ) {}

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The first reason stays. */
  abort(reason: RookeryError): void {
    this.controller.abort(reason);
  }

  /**
   * What the handler makes of it. After an abort it gets the grace time to come to an end; then it is left behind and
   * the reason of the abort is thrown in its place.
   */
  async settle<T>(work: () => Promise<T> | T): Promise<T> {
    const settled = Promise.resolve().then(work);
    settled.catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    let onAbort = () => {};
    const givenUp = new Promise<never>((_, reject) => {
      onAbort = () => (timer = setTimeout(() => reject(this.signal.reason as Error), this.graceMs));
      this.signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([settled, givenUp]);
    } finally {
      clearTimeout(timer);
      this.signal.removeEventListener('abort', onAbort);
    }
  }
}
