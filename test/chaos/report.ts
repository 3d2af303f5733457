import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';

/** One scenario on one backend: what was done to it, and what came of it. */
export interface ChaosRow {
  /** Of the scenario: 'cron-slots'. */
  id: string;
  backend: string;
  /** What was broken, for people. */
  fault: string;
  /** How many operations were watched. */
  operations: number;
  /** How many of them broke the promise. */
  violations: number;
  /** How long it took until all worked again. */
  recoveredMs?: number;
  /** The promise, for people. */
  must: string;
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

/** Puts a scenario's outcome into reports/chaos.json when `npm run chaos` asks for it. */
export function record(row: ChaosRow, withinMs = Infinity): void {
  const holds = row.operations > 0 && row.violations === 0 && (row.recoveredMs ?? 0) <= withinMs;
  const file = process.env.ROOKERY_CHAOS_REPORT;
  if (file) appendFileSync(file, `${JSON.stringify({ ...row, holds, seed })}\n`);
}
