import type { RookeryError } from '@rookery/core';

/** How a handler came to its end. */
export type Ended = { readonly result: unknown } | { readonly error: unknown };

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
   * Runs the handler, and concludes when it has come to an end. After an abort it gets the grace time for that; then it is
   * left behind, as if it had thrown the reason of the abort.
   */
  settle<Outcome>(work: () => unknown, conclude: (ended: Ended) => Outcome): Promise<Outcome> {
    return new Promise<Outcome>((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      let over = false;
      const end = (ended: Ended) => {
        if (over) return;
        over = true;
        clearTimeout(timer);
        this.onAbort = undefined;
        resolve(conclude(ended));
      };
      this.onAbort = () => (timer = setTimeout(() => end({ error: this.abortedBecause! }), this.graceMs));
      if (this.abortedBecause) this.onAbort();
      invoke(work).then(
        (result) => end({ result }),
        (error: unknown) => end({ error }),
      );
    });
  }
}

/** Spares the promise that an async function would add to the handler's own. */
function invoke(work: () => unknown): Promise<unknown> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
