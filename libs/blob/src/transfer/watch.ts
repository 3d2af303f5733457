import { DeadlineError, withDeadline } from '@rookery/core';

/**
 * Watches a write: the clock runs only while it is the store's turn, not while the source is slow. When the store lets
 * the deadline pass, or the caller gives up, `signal` aborts and `ended` rejects.
 */
export class WriteWatch {
  private readonly abort = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private rejectEnded!: (reason: unknown) => void;
  readonly signal: AbortSignal = this.abort.signal;
  private readonly ended = new Promise<never>((_, reject) => (this.rejectEnded = reject));

  constructor(
    private readonly what: string,
    private readonly deadlineMs: number,
    private readonly caller?: AbortSignal,
  ) {
    this.ended.catch(() => undefined);
    this.caller?.addEventListener('abort', this.onCallerAbort, { once: true });
    if (caller?.aborted) this.onCallerAbort();
  }

  /** The body as the store may take it. */
  async *body(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      this.storesTurn();
      yield chunk;
      this.sourcesTurn();
    }
    this.storesTurn();
  }

  /** Waits for the write, or for what ends it early. */
  async race<T>(write: Promise<T>): Promise<T> {
    write.catch(() => undefined);
    try {
      return await Promise.race([write, this.ended]);
    } finally {
      this.sourcesTurn();
      this.caller?.removeEventListener('abort', this.onCallerAbort);
    }
  }

  storesTurn(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.end(new DeadlineError(this.what, this.deadlineMs)), this.deadlineMs);
  }

  private sourcesTurn(): void {
    clearTimeout(this.timer);
  }

  private readonly onCallerAbort = () => this.end(this.caller!.reason);

  private end(reason: unknown): void {
    this.abort.abort(reason);
    this.rejectEnded(reason);
  }
}

/** A body whose every piece must come within the deadline. */
export async function* watchedRead(
  what: string,
  body: AsyncIterable<Buffer>,
  deadlineMs: number,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const iterator = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await withDeadline(what, iterator.next(), { deadlineMs, signal });
      if (done) return;
      yield value;
    }
  } finally {
    // Not awaited: a store that fell silent answers this as little as the rest.
    void iterator.return?.().catch(() => undefined);
  }
}
