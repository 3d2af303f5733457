/** How many of a line talk to the store: the first, and the next, who must stand in the store's line by the release. */
const IN_FRONT = 2;

/** Those of this process who wait for one key, first come first served. Only those in front talk to the store. */
export class WaitLine {
  private readonly lines = new Map<string, Waiter[]>();
  private readonly byOwner = new Map<string, Waiter>();

  /** Joins the line of `key`. */
  join(key: string, owner: string): Waiter {
    const line = this.lines.get(key) ?? [];
    const leave = () => this.leave(key, owner, waiter);
    const waiter = new Waiter(line.length === 0, leave, () => this.advance(key));
    if (line.push(waiter) === 1) this.lines.set(key, line);
    this.byOwner.set(owner, waiter);
    this.advance(key);
    return waiter;
  }

  /** The store has handed the lock to this owner, who should ask for it now. False when it does not wait here. */
  wake(owner: string): boolean {
    const waiter = this.byOwner.get(owner);
    waiter?.wake();
    return waiter !== undefined;
  }

  /** Whoever is first in the line of `key` should ask now. */
  wakeFirst(key: string): void {
    this.lines.get(key)?.[0].wake();
  }

  /** Wake-ups may have been lost: whoever is in front of a line should ask now. */
  wakeAll(): void {
    for (const line of this.lines.values()) for (const waiter of line.slice(0, IN_FRONT)) waiter.wake();
  }

  private leave(key: string, owner: string, waiter: Waiter): void {
    const line = this.lines.get(key);
    const place = line?.indexOf(waiter) ?? -1;
    if (!line || place < 0) return;
    this.byOwner.delete(owner);
    line.splice(place, 1);
    if (line.length === 0) this.lines.delete(key);
    else this.advance(key);
  }

  /** One after the other, so that they stand in the store's line in the order in which they came. */
  private advance(key: string): void {
    for (const waiter of this.lines.get(key)?.slice(0, IN_FRONT) ?? []) {
      waiter.advance();
      if (!waiter.hasAsked) return;
    }
  }
}

/** One place in a line. */
export class Waiter {
  private inFront = false;
  private woken = false;
  private asked = false;
  private listener: (() => void) | undefined;

  /** @param foundNobody whether the line was empty, so that the lock may well be free */
  constructor(
    readonly foundNobody: boolean,
    readonly leave: () => void,
    private readonly onAsked: () => void,
  ) {}

  /** Whether the store has heard of it. */
  get hasAsked(): boolean {
    return this.asked;
  }

  /** The store has heard of it, or could not be reached. */
  noteAsked(): void {
    if (this.asked) return;
    this.asked = true;
    this.onAsked();
  }

  advance(): void {
    if (this.inFront) return;
    this.inFront = true;
    this.listener?.();
  }

  wake(): void {
    this.woken = true;
    this.listener?.();
  }

  /** Resolves when it is this waiter's turn to talk to the store. */
  async turn(): Promise<void> {
    while (!this.inFront) await this.next();
  }

  /** Resolves at the next wake-up, one that came since the last call included, or after `pollMs`. */
  async nextWake(pollMs: number): Promise<void> {
    if (!this.woken) {
      const timer = setTimeout(() => this.wake(), pollMs).unref();
      await this.next();
      clearTimeout(timer);
    }
    this.woken = false;
  }

  private next(): Promise<void> {
    return new Promise((resolve) => (this.listener = resolve));
  }
}
