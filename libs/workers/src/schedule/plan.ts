import type { SkipReason, TaskState } from '../workers.driver.js';
import type { TaskPolicy } from '../workers.options.js';
import { dueSlots } from './due-slots.js';
import { jitterOf } from './spread.js';
import type { Slots } from './slots.js';

/** What a replica that was up all the time may be late by (paused, store away) before a slot counts as missed. */
const LATE_MS = 15_000;
/** How often the store is asked about a task that is busy elsewhere; with `skip`, less and less often. */
const BUSY_POLL_MS = 500;
const LONGEST_BUSY_POLL_MS = 5_000;

/**
 * What to do next for a task, not before `at`: ask for a slot, or let it go for a reason, or hear from the store how the
 * task stands (`look`), or think again.
 */
export type Plan =
  | { claim: true; slot: number; missed: number; letGo?: SkipReason; at: number }
  | { claim: false; look?: true; at: number };

/** What {@link plan} judges by. Times are the store's. */
export interface Situation {
  name: string;
  slots: Slots;
  policy: TaskPolicy;
  state: TaskState;
  now: number;
  /** Slots before this moment passed while no replica was up. */
  upSince: number;
}

/** Decides which slot of a task is to be claimed next. The same on every replica, whatever its own clock says. */
export function plan({ name, slots, policy, state, now, upSince }: Situation): Plan {
  if (state.paused) return { claim: false, at: Infinity };
  const passed = dueSlots(slots, state.cursor, now, policy.maxMissed);
  const [first] = passed;
  if (first === undefined) return { claim: false, at: slots.next(Math.max(now, state.cursor)) ?? Infinity };
  const isBusy = state.active > 0 && state.readAt >= first;
  if (isBusy && policy.overlap === 'skip') {
    // Which slots a run has covered is known when it has ended: its replica may be dead long before the store knows.
    const pollMs = Math.min(Math.max(state.readAt - first, BUSY_POLL_MS), LONGEST_BUSY_POLL_MS);
    return { claim: false, look: true, at: state.readAt + pollMs };
  }
  if (isBusy && policy.overlap === 'queue' && now < state.readAt + BUSY_POLL_MS)
    return { claim: false, at: state.readAt + BUSY_POLL_MS };
  const isMissed = (slot: number) => slot < upSince || (policy.overlap !== 'queue' && now - slot > LATE_MS);
  const skipped = (slot: number): SkipReason | undefined => {
    if (isOverlapped(slot, policy, state)) return 'overlap';
    return isMissed(slot) && !isMadeUp(slot, policy, now) ? 'misfire' : undefined;
  };
  const letGo = skipped(first);
  if (letGo) {
    const end = passed.findIndex((slot) => skipped(slot) !== letGo);
    const gone = end < 0 ? passed : passed.slice(0, end);
    return { claim: true, slot: gone.at(-1)!, missed: gone.length - 1, letGo, at: gone.at(-1)! };
  }
  if (!isMissed(first)) return { claim: true, slot: first, missed: 0, at: first + jitterOf(name, first, policy) };
  const madeUp = policy.misfire === 'once' ? passed.filter(isMissed) : [first];
  return { claim: true, slot: madeUp.at(-1)!, missed: madeUp.length - 1, at: madeUp.at(-1)! };
}

/** Whether the last run was too long for the slot to be its own. One that only began late is in nobody's way. */
function isOverlapped(slot: number, { overlap }: TaskPolicy, state: TaskState): boolean {
  const { startedAt, finishedAt } = state;
  if (overlap !== 'skip' || startedAt === null || finishedAt === null || startedAt > slot) return false;
  return finishedAt - startedAt >= slot - (state.slot ?? startedAt);
}

function isMadeUp(slot: number, { misfire, maxLateMs }: TaskPolicy, now: number): boolean {
  return misfire !== 'skip' && now - slot <= maxLateMs;
}
