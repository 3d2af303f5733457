/** The store's clock, read once in a while and carried on by the monotonic clock of this process. */
export class StoreClock {
  private store = Date.now();
  private monotonic = performance.now();

  set(now: number): void {
    this.store = now;
    this.monotonic = performance.now();
  }

  now(): number {
    return this.store + (performance.now() - this.monotonic);
  }
}
