import { describe, expect, it } from 'vitest';
import { CronSlots } from './cron-slots.js';

const at = (iso: string) => Date.parse(iso);

function slots(expression: string, timeZone: string, from: string, count: number): string[] {
  const cron = CronSlots.parse(expression, timeZone);
  const found: string[] = [];
  for (let after = at(from); found.length < count;) {
    after = cron.next(after);
    found.push(new Date(after).toISOString());
  }
  return found;
}

describe('CronSlots', () => {
  it('knows seconds and five fields', () => {
    expect(slots('*/20 * * * * *', 'UTC', '2026-01-01T00:00:05Z', 3)).toEqual([
      '2026-01-01T00:00:20.000Z',
      '2026-01-01T00:00:40.000Z',
      '2026-01-01T00:01:00.000Z',
    ]);
    expect(slots('30 8 * * 1', 'UTC', '2026-01-01T00:00:00Z', 1)).toEqual(['2026-01-05T08:30:00.000Z']);
  });

  it('gives slots strictly after the moment asked for, also with milliseconds', () => {
    const cron = CronSlots.parse('* * * * * *');
    expect(cron.next(at('2026-01-01T00:00:00.000Z'))).toBe(at('2026-01-01T00:00:01Z'));
    expect(cron.next(at('2026-01-01T00:00:00.999Z'))).toBe(at('2026-01-01T00:00:01Z'));
  });

  it('counts in the zone, in summer and in winter', () => {
    expect(slots('0 8 * * *', 'Europe/Rome', '2026-03-27T12:00:00Z', 3)).toEqual([
      '2026-03-28T07:00:00.000Z',
      '2026-03-29T06:00:00.000Z',
      '2026-03-30T06:00:00.000Z',
    ]);
  });

  it('runs a slot that the clock skips once, right after the gap', () => {
    expect(slots('30 2 * * *', 'Europe/Rome', '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
    expect(slots('0,15,30 2 * * *', 'America/New_York', '2026-03-08T00:00:00-05:00', 2)).toEqual([
      '2026-03-08T07:00:00.000Z',
      '2026-03-09T06:00:00.000Z',
    ]);
  });

  it('runs a slot that the clock repeats once, in the first pass', () => {
    expect(slots('30 2 * * *', 'Europe/Rome', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  it('asks for no slot of the second pass when asked in it', () => {
    expect(slots('30 2 * * *', 'Europe/Rome', '2026-10-25T01:10:00Z', 1)).toEqual(['2026-10-26T01:30:00.000Z']);
  });

  it('keeps the pace of an expression for every hour through both changes', () => {
    expect(slots('*/30 * * * *', 'Europe/Rome', '2026-10-25T00:15:00Z', 4)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-25T01:00:00.000Z',
      '2026-10-25T01:30:00.000Z',
      '2026-10-25T02:00:00.000Z',
    ]);
    expect(slots('*/30 * * * *', 'Europe/Rome', '2026-03-29T00:15:00Z', 3)).toEqual([
      '2026-03-29T00:30:00.000Z',
      '2026-03-29T01:00:00.000Z',
      '2026-03-29T01:30:00.000Z',
    ]);
  });

  it('knows zones that move by half an hour', () => {
    expect(slots('45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T00:00:00Z', 2)).toEqual([
      '2026-04-04T14:45:00.000Z',
      '2026-04-05T15:15:00.000Z',
    ]);
  });

  it('gives every replica the same slots whatever it asks from', () => {
    const cron = CronSlots.parse('0 */7 1-3 * * *', 'America/Sao_Paulo');
    const slot = cron.next(at('2026-05-05T03:59:59Z'));
    for (let back = 1; back < 400; back += 13) {
      let after = slot - back * 1_000;
      while (after < slot) after = cron.next(after);
      expect(after).toBe(slot);
    }
  });

  it('refuses what never comes, a bad field and an unknown zone', () => {
    expect(() => CronSlots.parse('0 0 31 2 *').next(Date.now())).toThrow();
    expect(() => CronSlots.parse('61 * * * *')).toThrow(/range/);
    expect(() => CronSlots.parse('* * * * *', 'Europe/Atlantis')).toThrow(/timezone/i);
  });
});
