/** A moment, in which many jobs end. */
const AFTER_MS = 2_000;

/** Forgets finished jobs a moment after jobs have ended, where doing so with each of them would cost more than the jobs. */
export class RetentionSweep {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly sweep: () => Promise<void>) {}

  /** A job has ended. */
  jobEnded(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.sweep();
    }, AFTER_MS).unref();
  }

  close(): void {
    clearTimeout(this.timer);
  }
}
