/** Who waits in this process for a fill that another replica does. */
export class Handoffs {
  private readonly waiting = new Map<string, Set<() => void>>();

  /** Take the place before asking for the lease: the news may come before the answer. */
  expect(name: string): { ended(withinMs: number): Promise<void>; leave(): void } {
    let wake: () => void = () => undefined;
    const woken = new Promise<void>((resolve) => (wake = resolve));
    const places = this.waiting.get(name) ?? new Set();
    this.waiting.set(name, places.add(wake));
    const leave = () => {
      places.delete(wake);
      if (places.size === 0 && this.waiting.get(name) === places) this.waiting.delete(name);
    };
    const ended = async (withinMs: number) => {
      const timer = setTimeout(wake, withinMs);
      await woken;
      clearTimeout(timer);
    };
    return { ended, leave };
  }

  wake(name: string): void {
    for (const wake of this.waiting.get(name) ?? []) wake();
  }

  wakeAll(): void {
    for (const name of this.waiting.keys()) this.wake(name);
  }
}
