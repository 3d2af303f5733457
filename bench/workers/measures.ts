import { setTimeout as sleep } from 'node:timers/promises';
import { Group, until } from './group.js';
import type { Assignment } from './worker.process.js';

/** The grid of the lateness measurement. */
const GRID_MS = 1_000;
const MEASURED_MS = 15_000;
/** How long a rival is waited for, at most. */
const LONGEST_TAKEOVER_MS = 90_000;

export interface Lateness {
  p50: number;
  p99: number;
  /** Commands sent to the store per slot, by all replicas together, heartbeats included. */
  commands: number;
  /** The part of the slots that the busiest replica ran. */
  busiest: number;
}

const where = (url: string, namespace: string): Pick<Assignment, 'url' | 'namespace'> => ({ url, namespace });

/** How late `tasks` tasks of every second begin on `replicas` replicas. */
export async function lateness(
  contestant: string,
  url: string,
  namespace: string,
  tasks = 100,
  replicas = 3,
): Promise<Lateness> {
  const group = new Group(contestant, { ...where(url, namespace), tasks, everyMs: GRID_MS });
  await group.start(replicas);
  await sleep(3_000);
  const [from, before] = [Date.now(), await group.commands()];
  await sleep(MEASURED_MS);
  const commands = (await group.commands()) - before;
  const runs = group.runs.filter(({ at }) => at >= from);
  await group.stop();
  const late = runs.map(({ at, slot }) => Math.max(0, at - slot)).sort((a, b) => a - b);
  const by = new Map<unknown, number>();
  for (const { child } of runs) by.set(child, (by.get(child) ?? 0) + 1);
  return {
    p50: late[Math.floor(late.length * 0.5)]!,
    p99: late[Math.floor(late.length * 0.99)]!,
    commands: commands / runs.length,
    busiest: Math.max(...by.values()) / runs.length,
  };
}

/** Commands per second that a replica sends while nothing is due. */
export async function idle(contestant: string, url: string, namespace: string): Promise<number> {
  const [replicas, seconds] = [3, 10];
  const group = new Group(contestant, { ...where(url, namespace), tasks: 10, everyMs: 24 * 3_600_000 });
  await group.start(replicas);
  await sleep(2_000);
  const before = await group.commands();
  await sleep(seconds * 1_000);
  const commands = (await group.commands()) - before;
  await group.stop();
  return commands / replicas / seconds;
}

/** Milliseconds from the SIGKILL of a replica in the middle of a run until another one has begun it again. */
export async function takeover(contestant: string, url: string, namespace: string): Promise<number> {
  const group = new Group(contestant, { ...where(url, namespace), tasks: 1, everyMs: 2_000, endless: true });
  await group.start(3);
  const first = await until(() => group.runs[0], 30_000);
  await sleep(1_000);
  const known = group.runs.length;
  const killedAt = Date.now();
  await group.kill(first!.child);
  const again = await until(
    () => group.runs.slice(known).find(({ slot }) => slot === first!.slot),
    LONGEST_TAKEOVER_MS,
  );
  await group.stop();
  return again ? again.at - killedAt : LONGEST_TAKEOVER_MS;
}

export interface MadeUp {
  /** Slots that passed while all replicas were down. */
  missed: number;
  /** Runs that made up for them. */
  runs: number;
  /** Slots for which these runs stand. */
  covered: number;
  /** From the first replica being up to the last of these runs; 0 without any. */
  withinMs: number;
}

/** Kills all replicas for a while and looks what becomes of the slots of that time. */
export async function madeUp(
  contestant: string,
  url: string,
  namespace: string,
  misfire: 'once' | 'all',
): Promise<MadeUp> {
  const everyMs = 5_000;
  const assignment = { ...where(url, namespace), tasks: 1, everyMs, misfire };
  const before = await new Group(contestant, assignment).start(3);
  await until(() => before.runs[0], 30_000);
  await before.stop();
  const last = Math.max(...before.runs.map(({ slot }) => slot));
  // Soon after a slot, so that none comes due while the replica starts.
  await sleep(last + 3.1 * everyMs - Date.now());
  const after = await new Group(contestant, assignment).start(1);
  const readyAt = Date.now();
  await sleep(6_000);
  await after.stop();
  const late = after.runs.filter(({ slot }) => slot > last && slot < readyAt);
  const missed = Math.floor((readyAt - last) / everyMs);
  const covered = late.reduce((sum, run) => sum + 1 + run.missed, 0);
  const withinMs = late.length === 0 ? 0 : Math.max(0, ...late.map(({ at }) => at - readyAt));
  return { missed, runs: late.length, covered, withinMs };
}
