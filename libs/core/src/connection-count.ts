/** Connects for the first user and disconnects after the last, however their calls overlap. */
export class ConnectionCount {
  private users = 0;
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly connect: () => Promise<void>,
    private readonly disconnect: () => Promise<void>,
  ) {}

  /** Connects for the first user; the others share it. */
  open(): Promise<void> {
    return this.next(async () => {
      if (this.users === 0) await this.connect();
      this.users++;
    });
  }

  /** Closes after the last user. */
  close(): Promise<void> {
    return this.next(async () => {
      if (this.users === 0 || --this.users > 0) return;
      await this.disconnect();
    });
  }

  private next(step: () => Promise<void>): Promise<void> {
    const result = this.turn.then(step);
    this.turn = result.catch(() => undefined);
    return result;
  }
}
