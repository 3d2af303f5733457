/** Those of this process who wait for one key, first come first served. Only the first in line talks to the store. */
export class WaitLine {
  private readonly lines = new Map<string, Waiter[]>();

  /** Joins the line of `key`. */
  join(key: string): Waiter {
    const line = this.lines.get(key) ?? [];
    this.lines.set(key, line);
    const waiter = new Waiter(() => this.leave(key, waiter));
    line.push(waiter);
    if (line.length === 1) waiter.advance();
    return waiter;
  }

  /** The lock may be free: whoever is first in line should ask now. */
  wake(key: string): void {
    this.lines.get(key)?.[0].wake();
  }

  wakeAll(): void {
    for (const [first] of this.lines.values()) first.wake();
  }

  private leave(key: string, waiter: Waiter): void {
    const line = this.lines.get(key);
    const place = line?.indexOf(waiter) ?? -1;
    if (!line || place < 0) return;
    line.splice(place, 1);
    if (line.length === 0) this.lines.delete(key);
    else if (place === 0) line[0].advance();
  }
}

/** One place in a line. */
export class Waiter {
  private isFirst = false;
  private wakeUps = 0;
  private listener: (() => void) | undefined;

  constructor(readonly leave: () => void) {}

  advance(): void {
    this.isFirst = true;
    this.listener?.();
  }

  wake(): void {
    this.wakeUps++;
    this.listener?.();
  }

  /** Resolves when it is this waiter's turn to talk to the store. */
  async turn(): Promise<void> {
    while (!this.isFirst) await this.next();
  }

  /** Resolves at the next wake-up, one that came since the last call included, or after `pollMs`. */
  async nextWake(pollMs: number): Promise<void> {
    if (this.wakeUps === 0) {
      const timer = setTimeout(() => this.wake(), pollMs).unref();
      await this.next();
      clearTimeout(timer);
    }
    this.wakeUps = 0;
  }

  private next(): Promise<void> {
    return new Promise((resolve) => (this.listener = resolve));
  }
}
