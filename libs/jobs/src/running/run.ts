import type { RookeryError } from '@rookery/core';

/** One run of a handler: its abort signal, and the patience with a handler that does not listen to it. */
export class Run {
  private controller: AbortController | undefined;
  private onAbort: (() => void) | undefined;
  /** Why the run was told to stop; undefined while it was not. */
  abortedBecause: RookeryError | undefined;

  constructor(
    /** `name (id)` */
    readonly label: string,
    private readonly graceMs: number,
  ) {}

  /** Made when it is first asked for: most handlers never do, and it costs more than all the rest of a run. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.abortedBecause && !this.controller.signal.aborted) this.controller.abort(this.abortedBecause);
    return this.controller.signal;
  }

  /** The first reason stays. */
  abort(reason: RookeryError): void {
    if (this.abortedBecause) return;
    this.abortedBecause = reason;
    this.controller?.abort(reason);
    this.onAbort?.();
  }

  /**
   * What the handler makes of it. After an abort it gets the grace time to come to an end; then it is left behind and
   * the reason of the abort is thrown in its place.
   */
  settle<T>(work: () => Promise<T> | T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      this.onAbort = () => (timer = setTimeout(() => reject(this.abortedBecause!), this.graceMs));
      if (this.abortedBecause) this.onAbort();
      const end = <Value>(settle: (value: Value) => void, value: Value) => {
        clearTimeout(timer);
        this.onAbort = undefined;
        settle(value);
      };
      invoke(work).then(
        (result) => end(resolve, result),
        (error: Error) => end(reject, error),
      );
    });
  }
}

/** Spares the promise that an async function would add to the handler's own. */
function invoke<T>(work: () => Promise<T> | T): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
