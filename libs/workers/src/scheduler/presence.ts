import { withDeadline } from '@rookery/core';
import type { Beat, WorkersDriver } from '../workers.driver.js';
import { StoreClock } from './store-clock.js';

/** The part of the lease after which a replica that got no answer no longer trusts it. */
const SAFE_SHARE = 0.9;
const BEATS_PER_LEASE = 5;
/** Beats that must fail in a row before a wake-up is answered by another one at once. */
const RETRY_MS = 200;

const moment = () => ({ monotonic: performance.now(), wall: Date.now() });

/** Keeps this replica alive at the store, and knows how long it may trust that it is. */
export class Presence {
  private timer: NodeJS.Timeout | undefined;
  private trustedFrom: ReturnType<typeof moment> | undefined;
  private beating: Promise<void> | undefined;
  private again = false;
  private stopped = false;

  constructor(
    private readonly driver: WorkersDriver,
    readonly replica: string,
    private readonly leaseMs: number,
    private readonly clock: StoreClock,
    private readonly onBeat: (beat: Beat) => void,
  ) {}

  /** Whether the lease surely still runs. Counted from before the store was asked, and right also after a pause. */
  get isSure(): boolean {
    return this.remainingMs() > 0;
  }

  /** Milliseconds for which the lease surely runs on; also below zero. */
  remainingMs(): number {
    if (!this.trustedFrom) return 0;
    const { monotonic, wall } = moment();
    // The monotonic clock stands still while the machine sleeps, the wall clock may be set back.
    const passed = Math.max(monotonic - this.trustedFrom.monotonic, wall - this.trustedFrom.wall);
    return this.leaseMs * SAFE_SHARE - passed;
  }

  /** Beats for the first time. @throws when the store does not answer */
  async start(): Promise<void> {
    await this.beat();
    this.schedule(this.leaseMs / BEATS_PER_LEASE);
  }

  /** Beats now, because something changed. */
  wake(): void {
    if (this.stopped || !this.trustedFrom) return;
    if (this.beating) this.again = true;
    else this.run();
  }

  /** Leaves the list of the living. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.beating;
    // When the store does not answer, the lease ends by itself.
    await withDeadline('Leaving', this.driver.leave(this.replica)).catch(() => undefined);
  }

  private run(): void {
    clearTimeout(this.timer);
    this.again = false;
    this.beating = this.beat()
      .then(
        () => this.leaseMs / BEATS_PER_LEASE,
        () => RETRY_MS,
      )
      .then((inMs) => {
        this.beating = undefined;
        if (this.again) this.run();
        else this.schedule(inMs);
      });
  }

  private schedule(inMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => this.run(), inMs);
    this.timer.unref();
  }

  private async beat(): Promise<void> {
    const asked = moment();
    const beat = await withDeadline('A heartbeat', this.driver.beat(this.replica, this.leaseMs), {
      deadlineMs: Math.min(2_000, this.leaseMs / 2),
    });
    this.clock.learn(beat.now, asked.monotonic);
    this.trustedFrom = asked;
    this.onBeat(beat);
  }
}
