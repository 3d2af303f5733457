import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';

/** One scenario on one backend: what it promises, and what came of it, which it fills in while it goes on. */
export interface ChaosRow {
  /** Of the scenario: 'cron-slots'. */
  id: string;
  backend: string;
  /** What was broken, for people. */
  fault: string;
  /** The promise, for people. */
  must: string;
  /** Within how long all has to work again. @default Infinity */
  withinMs?: number;
  /** How many operations were watched. */
  operations: number;
  /** How many of them broke the promise. A failed check of the test counts whether it is written here or not. */
  violations: number;
  /** How long it took until all worked again. */
  recoveredMs?: number;
}

/** How much longer than in `npm test` a scenario goes on: 1 there, more in `npm run chaos`. */
export const scale = Number(process.env.ROOKERY_CHAOS_SCALE ?? 1);

/** Where a scenario's random choices start. `npm run chaos -- --seed <n>` repeats a run. */
export const seed = Number(process.env.ROOKERY_CHAOS_SEED ?? 1);

/** Random numbers from 0 to 1, the same ones for the same seed and scenario. */
export function randomOf(scenario: string): () => number {
  let state = createHash('sha256').update(`${seed}:${scenario}`).digest().readUInt32LE();
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Begins a scenario; called first in its test. Its row is judged when the test has ended, however it ended, and goes
 * into reports/chaos.json when `npm run chaos` asks for it.
 */
export function scenario(promise: Omit<ChaosRow, 'operations' | 'violations'> & Partial<ChaosRow>): ChaosRow {
  const row: ChaosRow = { operations: 0, violations: 0, ...promise };
  onTestFinished(({ task }) => {
    const failures = task.result?.errors?.map(({ message }) => message) ?? [];
    const file = process.env.ROOKERY_CHAOS_REPORT;
    if (file) appendFileSync(file, `${JSON.stringify({ ...judged(row, failures), seed })}\n`);
  });
  return row;
}

/** A row holds when something was watched, nothing broke the promise and no check failed, and it was well in time. */
export function judged(row: ChaosRow, failures: string[]) {
  const violations = Math.max(row.violations, failures.length);
  const recoveredMs = row.recoveredMs === undefined ? undefined : Math.round(row.recoveredMs);
  const holds = row.operations > 0 && violations === 0 && (recoveredMs ?? Infinity) <= (row.withinMs ?? Infinity);
  return {
    ...row,
    violations,
    recoveredMs,
    holds,
    ...(failures.length > 0 && { failure: failures[0].split('\n')[0] }),
  };
}
