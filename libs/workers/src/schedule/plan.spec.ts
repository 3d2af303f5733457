import { describe, expect, it } from 'vitest';
import type { TaskState } from '../workers.driver.js';
import { checkedPolicy, type TaskOptions } from '../workers.options.js';
import { plan } from './plan.js';
import { IntervalSlots, SingleSlot, type Slots } from './slots.js';

const NOW = 1_000_000;

function planned(
  options: Omit<TaskOptions, 'name'>,
  state: Partial<TaskState>,
  { slots = new IntervalSlots(1_000), upSince = 0, now = NOW }: { slots?: Slots; upSince?: number; now?: number } = {},
) {
  const known = { name: 'task', cursor: NOW - 1_000, paused: false, active: 0, slot: null, startedAt: null };
  const full = { ...known, finishedAt: null, failures: 0, readAt: now, ...state };
  return plan({ name: 'task', slots, policy: checkedPolicy('task', options), state: full, now, upSince });
}

describe('plan', () => {
  it('claims what is due and waits for what is not', () => {
    expect(planned({}, {})).toEqual({ claim: true, slot: NOW, missed: 0, at: NOW });
    expect(planned({}, { cursor: NOW })).toEqual({ claim: false, at: NOW + 1_000 });
    expect(planned({}, { paused: true })).toEqual({ claim: false, at: Infinity });
  });

  it('runs slots that are only late one by one, whatever misfire says', () => {
    for (const misfire of ['skip', 'once', 'all'] as const)
      expect(planned({ misfire }, { cursor: NOW - 5_000 })).toMatchObject({ slot: NOW - 4_000, missed: 0 });
  });

  it('treats slots of a time without replicas as misfire says', () => {
    const down = { upSince: NOW - 500 };
    const gone = { slot: NOW - 1_000, missed: 3, letGo: 'misfire' };
    expect(planned({ misfire: 'skip' }, { cursor: NOW - 5_000 }, down)).toMatchObject(gone);
    expect(planned({ misfire: 'skip' }, { cursor: NOW - 1_000 }, down)).toMatchObject({ slot: NOW, missed: 0 });
    expect(planned({ misfire: 'once' }, { cursor: NOW - 5_000 }, down)).toMatchObject({ slot: NOW - 1_000, missed: 3 });
    expect(planned({ misfire: 'all' }, { cursor: NOW - 5_000 }, down)).toMatchObject({ slot: NOW - 4_000, missed: 0 });
  });

  it('makes up no more than maxMissed, and nothing that is later than maxLateMs', () => {
    const down = { upSince: NOW + 1 };
    const year = { cursor: NOW - 900_000 };
    expect(planned({ misfire: 'all', maxMissed: 5 }, year, down)).toMatchObject({ slot: NOW - 4_000 });
    expect(planned({ misfire: 'once', maxMissed: 5 }, year, down)).toMatchObject({ slot: NOW, missed: 4 });
    const tooLate = { slot: NOW - 3_000, missed: 96, letGo: 'misfire' };
    expect(planned({ misfire: 'all', maxLateMs: 2_500 }, year, down)).toMatchObject(tooLate);
    expect(planned({ misfire: 'all', maxLateMs: 2_500 }, { cursor: NOW - 3_000 }, down)).toMatchObject({
      slot: NOW - 2_000,
      missed: 0,
    });
    const once = new SingleSlot(() => NOW - 10_000);
    const lateOnly = { cursor: 0 };
    expect(planned({ maxLateMs: 9_000 }, lateOnly, { ...down, slots: once })).toMatchObject({ letGo: 'misfire' });
  });

  it('looks back over a month of seconds without going through them', () => {
    let asked = 0;
    const slots = { next: (after: number) => (asked++, new IntervalSlots(1_000).next(after)) };
    const state = { cursor: NOW - 30 * 24 * 3_600_000 };
    expect(planned({ misfire: 'once' }, state, { slots, upSince: NOW })).toMatchObject({
      slot: NOW - 1_000,
      missed: 98,
    });
    expect(asked).toBeLessThan(1_500);
  });

  it('lets go what nobody will run, so that it does not look overdue', () => {
    const down = { upSince: NOW + 1 };
    const skipped = planned({ misfire: 'skip' }, { cursor: NOW - 5_000 }, down);
    expect(skipped).toEqual({ claim: true, slot: NOW, missed: 4, letGo: 'misfire', at: NOW });
    const overlapped = { cursor: NOW - 3_000, slot: NOW - 3_000, startedAt: NOW - 2_990, finishedAt: NOW + 10 };
    expect(planned({}, overlapped)).toMatchObject({ slot: NOW, missed: 2, letGo: 'overlap' });
  });

  describe('overlap', () => {
    const running = { active: 1, cursor: NOW - 2_000, slot: NOW - 2_000, startedAt: NOW - 1_990 };
    const ended = { ...running, active: 0, finishedAt: NOW - 500 };

    it('skip lets go the slots during which a run was going on, as soon as it has ended', () => {
      expect(planned({}, running)).toEqual({ claim: false, look: true, at: NOW + 1_000 });
      expect(planned({}, ended)).toMatchObject({ claim: true, slot: NOW - 1_000, missed: 0, letGo: 'overlap' });
      expect(planned({}, { ...ended, cursor: NOW - 1_000 })).toEqual({ claim: true, slot: NOW, missed: 0, at: NOW });
    });

    it('skip asks the store when it cannot know whether the run still goes on', () => {
      expect(planned({}, { ...running, readAt: NOW - 1_500 })).toMatchObject({ claim: true, slot: NOW - 1_000 });
    });

    it('skip jumps no slot for a run that was only heard to go on: its replica may have been dead', () => {
      const heard = planned({}, { ...running, readAt: NOW - 900 });
      expect(heard).toEqual({ claim: false, look: true, at: NOW - 400 });
      const died = { ...running, active: 0, startedAt: NOW - 1_990, finishedAt: NOW - 1_980 };
      expect(planned({}, died)).toMatchObject({ slot: NOW - 1_000, at: NOW - 1_000 });
      expect(planned({}, died)).not.toHaveProperty('letGo');
    });

    it('skip runs the slot that came while a late run was made up, if that was short enough', () => {
      const late = { active: 0, cursor: NOW - 1_000, slot: NOW - 1_000, startedAt: NOW - 20 };
      expect(planned({}, { ...late, finishedAt: NOW + 30 }, { now: NOW + 40 })).toEqual({
        claim: true,
        slot: NOW,
        missed: 0,
        at: NOW,
      });
      expect(planned({}, { ...late, finishedAt: NOW + 1_000 }, { now: NOW + 1_010 })).toMatchObject({
        slot: NOW,
        letGo: 'overlap',
      });
    });

    it('skip does not let go slots that came before the run began', () => {
      const late = { active: 0, cursor: NOW - 3_000, startedAt: NOW - 100, finishedAt: NOW - 50 };
      expect(planned({}, late)).toMatchObject({ claim: true, slot: NOW - 2_000 });
    });

    it('queue waits for the run and then takes every slot, also old ones', () => {
      expect(planned({ overlap: 'queue' }, running)).toEqual({ claim: false, at: NOW + 500 });
      const long = { ...ended, cursor: NOW - 60_000, startedAt: NOW - 60_000 };
      expect(planned({ overlap: 'queue' }, long)).toMatchObject({ claim: true, slot: NOW - 59_000, missed: 0 });
    });

    it('allow does not care', () => {
      expect(planned({ overlap: 'allow' }, running)).toMatchObject({ claim: true, slot: NOW - 1_000 });
    });
  });

  it('spreads the start within jitterMs, the same on every replica', () => {
    const options = { jitterMs: 400 };
    const first = planned(options, {});
    expect(first).toMatchObject({ claim: true, slot: NOW });
    expect(first.at).toBeGreaterThanOrEqual(NOW);
    expect(first.at).toBeLessThan(NOW + 400);
    expect(planned(options, {}, { now: NOW + 50 }).at).toBe(first.at);
  });
});
