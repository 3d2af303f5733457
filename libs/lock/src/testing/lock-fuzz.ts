import { setTimeout as sleep } from 'node:timers/promises';
import type { LockService } from '../lock.service.js';

/** A stay inside a lock, as its holder saw it: from after the grant to before the release. */
export interface LockVisit {
  key: string;
  mode: 'exclusive' | 'shared' | 'permits';
  permits: number;
  weight: number;
  token: number;
  /** Milliseconds on the machine's monotonic clock, which all its processes share. */
  from: number;
  to: number;
}

/** How {@link visitAtRandom} goes about it. */
export interface LockFuzzOptions {
  /** How many stays in a row. */
  visits: number;
  /** From 0 to 1, like Math.random; one with a seed makes a run repeatable. */
  random: () => number;
  /** Told of every stay. */
  onVisit: (visit: LockVisit) => void;
  /** @default 60000 */
  waitMs?: number;
}

const PERMITS = 3;
const now = () => Number(process.hrtime.bigint()) / 1e6;

/**
 * Takes locks in every mode and way, on few keys, so that many do it at the same time get into each other's way:
 * exclusive and shared ones, several keys at once, upgrades, semaphores of 3 permits.
 *
 * @example
 * const visits: LockVisit[] = [];
 * const one = () => visitAtRandom(locks, { visits: 20, random: Math.random, onVisit: (visit) => visits.push(visit) });
 * await Promise.all(Array.from({ length: 100 }, one));
 * expect(clashesIn(visits)).toEqual([]);
 */
export async function visitAtRandom(locks: LockService, options: LockFuzzOptions): Promise<void> {
  const { visits, random, onVisit, waitMs = 60_000 } = options;
  const stay = async (keys: readonly string[], visit: Omit<LockVisit, 'key' | 'from' | 'to'>) => {
    const from = now();
    await sleep(random() * 4);
    const to = now();
    for (const key of keys) onVisit({ ...visit, key, from, to });
  };
  for (let turn = 0; turn < visits; turn++) {
    const key = random() < 0.5 ? 'a' : 'b';
    const dice = random();
    if (dice < 0.3) {
      await using lock = await locks.acquire(key, { waitMs });
      await stay([key], { mode: 'exclusive', permits: 1, weight: 1, token: lock.fencingToken });
    } else if (dice < 0.45) {
      await using lock = await locks.acquire(['a', 'b'], { waitMs });
      await stay(lock.keys, { mode: 'exclusive', permits: 1, weight: 1, token: lock.fencingToken });
    } else if (dice < 0.75) {
      await using lock = await locks.acquire(key, { mode: 'shared', waitMs });
      await stay([key], { mode: 'shared', permits: 1, weight: 1, token: lock.fencingToken });
      const upgraded =
        random() < 0.2 &&
        (await lock.upgrade({ waitMs: 20 }).then(
          () => true,
          () => false,
        ));
      if (upgraded) await stay([key], { mode: 'exclusive', permits: 1, weight: 1, token: lock.fencingToken });
    } else {
      const weight = random() < 0.3 ? 2 : 1;
      await using lock = await locks.acquire('pool', { permits: PERMITS, weight, waitMs });
      await stay(['pool'], { mode: 'permits', permits: PERMITS, weight, token: lock.fencingToken });
    }
  }
}

/** Stays that should not have met: beside an exclusive one, or more than there are permits. In words, one a clash. */
export function clashesIn(visits: readonly LockVisit[]): string[] {
  return [...new Set(visits.map(({ key }) => key))].flatMap((key) => {
    const moments = visits
      .filter((visit) => visit.key === key)
      .flatMap((visit) => [
        { at: visit.from, visit, enters: true },
        { at: visit.to, visit, enters: false },
      ])
      .sort((a, b) => a.at - b.at);
    const inside = new Set<LockVisit>();
    const clashes: string[] = [];
    for (const { visit, enters } of moments) {
      if (!enters) inside.delete(visit);
      else if (!admits(inside, visit))
        clashes.push(`${describe(visit)} beside ${[...inside].map(describe).join(', ')}`);
      if (enters) inside.add(visit);
    }
    return clashes;
  });
}

function admits(inside: ReadonlySet<LockVisit>, visit: LockVisit): boolean {
  if (inside.size === 0) return true;
  if (visit.mode === 'permits')
    return [...inside].reduce((sum, { weight }) => sum + weight, visit.weight) <= visit.permits;
  return visit.mode === 'shared' && [...inside].every(({ mode }) => mode === 'shared');
}

const describe = ({ key, mode, weight, token }: LockVisit) => `${mode} "${key}" (weight ${weight}, token ${token})`;
