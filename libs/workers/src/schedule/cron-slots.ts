import { CronTime } from 'cron';
import { FixedOffsetZone, IANAZone, type Zone } from 'luxon';
import type { Slots } from './slots.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const ALL_HOURS = 24;

/**
 * The slots of a cron expression. The expression is matched by `cron` in plain wall time; moving between wall time and
 * real time is done here, because near a change of the clocks `cron`'s own answer depends on the season in which it is
 * asked, and replicas must agree.
 *
 * When the clock skips an hour, the slots in it become one, right after the gap. When it repeats an hour, an expression
 * that names hours runs in the first pass only; one for every hour goes on in real time.
 */
export class CronSlots implements Slots {
  private readonly zone: Zone;
  private readonly everyHour: boolean;

  constructor(private readonly time: CronTime) {
    const { timeZone, utcOffset } = time as { timeZone?: string; utcOffset?: number };
    this.zone = timeZone ? IANAZone.create(timeZone) : FixedOffsetZone.instance(utcOffset ?? 0);
    this.everyHour = Object.keys(time['hour']).length === ALL_HOURS;
  }

  /** @throws CronError for an expression or a zone that is not valid */
  static parse(expression: string, timeZone = 'UTC'): CronSlots {
    return new CronSlots(new CronTime(expression, timeZone));
  }

  next(after: number): number {
    return this.everyHour ? this.nextInRealTime(after) : this.nextInWallTime(after);
  }

  private nextInWallTime(after: number): number {
    let wall = after + this.offset(after);
    for (;;) {
      wall = this.nextWall(wall);
      const slot = this.firstInstant(wall);
      if (slot > after) return slot;
    }
  }

  /** When the wall clock first shows `wall`; when it never does, the moment at which it jumps over it. */
  private firstInstant(wall: number): number {
    const before = this.offset(wall - DAY);
    const later = this.offset(wall + DAY);
    const shown = [before, later].map((offset) => ({ at: wall - offset, offset }));
    const real = shown.filter(({ at, offset }) => this.offset(at) === offset).map(({ at }) => at);
    return real.length > 0 ? Math.min(...real) : this.changeWithin(wall - later - DAY, wall - before + DAY)!;
  }

  private nextInRealTime(after: number): number {
    let from = after;
    let since = after;
    for (;;) {
      const offset = this.offset(since);
      const slot = this.nextWall(from + offset) - offset;
      const change = this.changeWithin(since, slot);
      if (change === undefined) return slot;
      since = change;
      from = change - 1;
    }
  }

  /** The first moment after `from` and up to `to` at which the clock changes. */
  private changeWithin(from: number, to: number): number | undefined {
    for (let low = from; low < to; low += DAY) {
      let high = Math.min(low + DAY, to);
      if (this.offset(low) === this.offset(high)) continue;
      let start = low;
      while (high - start > 1) {
        const middle = Math.floor((start + high) / 2);
        if (this.offset(middle) === this.offset(start)) start = middle;
        else high = middle;
      }
      return high;
    }
    return undefined;
  }

  /** What the wall clock is ahead of UTC, in milliseconds. */
  private offset(at: number): number {
    return this.zone.offset(at) * MINUTE;
  }

  /** The next match in wall time, written as if it were UTC: a day without changes of the clock. */
  private nextWall(wall: number): number {
    return this.time.getNextDateFrom(new Date(wall), 'UTC').toMillis();
  }
}
