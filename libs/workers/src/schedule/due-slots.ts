import type { Slots } from './slots.js';

const SECOND = 1_000;

/**
 * The slots in (`cursor`, `now`], the oldest first; at most the newest `limit`. Looks back from now in growing steps,
 * because a task of every second that was away for a month has millions.
 */
export function dueSlots(slots: Slots, cursor: number, now: number, limit: number): number[] {
  const first = slots.next(cursor);
  if (first === undefined || first > now) return [];
  const second = slots.next(first);
  if (second === undefined || second > now) return [first];
  let found: number[] = [];
  for (let backMs = SECOND; ; backMs *= 4) {
    const from = Math.max(cursor, now - backMs);
    const { due, complete } = between(slots, from, now, limit);
    if (!complete) return newestOf(slots, from, now, limit, found);
    found = due;
    if (from === cursor || due.length === limit) return due;
  }
}

function between(slots: Slots, from: number, to: number, limit: number) {
  const due: number[] = [];
  for (let slot = slots.next(from); slot !== undefined && slot <= to; slot = slots.next(slot)) {
    if (due.length === limit) return { due, complete: false };
    due.push(slot);
  }
  return { due, complete: true };
}

/** There are more than `limit` slots after `from`: goes through them once and keeps the last. */
function newestOf(slots: Slots, from: number, to: number, limit: number, known: number[]): number[] {
  const due: number[] = [];
  const end = known[0] ?? Infinity;
  for (let slot = slots.next(from); slot !== undefined && slot <= to && slot < end; slot = slots.next(slot)) {
    due.push(slot);
    if (due.length > limit) due.shift();
  }
  return [...due, ...known].slice(-limit);
}
