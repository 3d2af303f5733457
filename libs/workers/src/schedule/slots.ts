/** The times at which a task is due, in milliseconds since the epoch. */
export interface Slots {
  /** The first slot after `after`; undefined when there is none any more. */
  next(after: number): number | undefined;
}

/** Multiples of a period since the epoch: every replica comes to the same ones. */
export class IntervalSlots implements Slots {
  constructor(private readonly everyMs: number) {}

  next(after: number): number {
    return (Math.floor(after / this.everyMs) + 1) * this.everyMs;
  }
}

/** One slot only. */
export class SingleSlot implements Slots {
  constructor(private readonly at: () => number) {}

  next(after: number): number | undefined {
    return this.at() > after ? this.at() : undefined;
  }
}

/** Remembers the last answers: the same few are asked for over and over, and a cron expression is slow to answer. */
export class RememberedSlots implements Slots {
  private readonly answers: { after: number; slot: number }[] = [];

  constructor(private readonly slots: Slots) {}

  next(after: number): number | undefined {
    const known = this.answers.find((answer) => answer.after <= after && after < answer.slot);
    if (known) return known.slot;
    const slot = this.slots.next(after);
    if (slot !== undefined) this.answers.unshift({ after, slot });
    this.answers.length = Math.min(this.answers.length, 4);
    return slot;
  }
}
