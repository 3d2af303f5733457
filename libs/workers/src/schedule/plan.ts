import type { TaskState } from '../workers.driver.js';
import type { TaskPolicy } from '../workers.options.js';
import { dueSlots } from './due-slots.js';
import { jitterOf } from './spread.js';
import type { Slots } from './slots.js';

/** What a replica that was up all the time may be late by (paused, store away) before a slot counts as missed. */
const LATE_MS = 15_000;
/** How often a task that is busy elsewhere is asked for again. */
const BUSY_POLL_MS = 500;

/** What to do next for a task: ask for a slot, or let it go (not before `at`), look again at `at`, or nothing ever. */
export type Plan =
  { claim: true; slot: number; missed: number; letGo: boolean; at: number } | { claim: false; at: number };

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
  const due = passed.filter((slot) => !isOverlapped(slot, policy, state));
  const isBusy = policy.overlap !== 'allow' && state.active > 0;
  if (due.length > 0 && isBusy && state.readAt >= due[0] && now < state.readAt + BUSY_POLL_MS)
    return { claim: false, at: state.readAt + BUSY_POLL_MS };

  const isMissed = (slot: number) => slot < upSince || (policy.overlap !== 'queue' && now - slot > LATE_MS);
  const madeUp = makeUp(due.filter(isMissed), policy, now);
  if (madeUp) return { claim: true, ...madeUp, letGo: false, at: madeUp.slot };
  const slot = due.find((one) => !isMissed(one));
  if (slot !== undefined)
    return { claim: true, slot, missed: 0, letGo: false, at: slot + jitterOf(name, slot, policy) };
  const last = passed.at(-1);
  if (last !== undefined && !isBusy) return { claim: true, slot: last, missed: 0, letGo: true, at: last };
  return { claim: false, at: slots.next(Math.max(now, state.cursor)) ?? Infinity };
}

/** Whether a run was going on at the slot's time, as far as the store has told. */
function isOverlapped(slot: number, { overlap }: TaskPolicy, { active, startedAt, finishedAt, readAt }: TaskState) {
  if (overlap !== 'skip' || startedAt === null || startedAt > slot) return false;
  return active > 0 && finishedAt === null ? readAt >= slot : finishedAt !== null && finishedAt >= slot;
}

function makeUp(missed: number[], { misfire, maxLateMs }: TaskPolicy, now: number) {
  const wanted = missed.filter((slot) => now - slot <= maxLateMs);
  if (misfire === 'skip' || wanted.length === 0) return undefined;
  return misfire === 'all' ? { slot: wanted[0], missed: 0 } : { slot: wanted.at(-1)!, missed: wanted.length - 1 };
}
