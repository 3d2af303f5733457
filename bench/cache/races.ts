import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { BenchRow } from '../bench.js';
import { NAMES, start, type Contestant, type Name } from './contestants.js';

const TRIES = 100;
const CUTS = 20;

/** How many values are stale, for us and for each rival that can take part. */
function staleRow(id: string, what: string, stale: Partial<Record<Name, number>>): BenchRow {
  const { ours = NaN, ...rivals } = stale;
  return { id, what, unit: 'stale values', better: 'lower', ours, rivals, must: 'ours <= 0' };
}

/** Two replicas of the contestant, for the time of `work`. */
async function twoOf<T>(name: Name, url: string, work: (one: Contestant, two: Contestant) => Promise<T>): Promise<T> {
  const prefix = `race-${name}-${Math.random()}`;
  const replicas = [await start(name, url, prefix), await start(name, url, prefix)] as const;
  try {
    return await work(...replicas);
  } finally {
    await Promise.all(replicas.map((replica) => replica.stop()));
  }
}

/** A factory reads, the value is invalidated, the factory ends: who keeps the old value? */
async function staleAfterRace(filler: Contestant, by: Contestant, tagged: boolean): Promise<number> {
  let stale = 0;
  for (let index = 0; index < TRIES; index++) {
    const key = `k${index}`;
    const tags = tagged ? [`tag-${index}`] : undefined;
    let database = 'old';
    const read = async () => {
      const value = database;
      await pause(5);
      return value;
    };
    const filling = filler.getOrSet(key, read, tags);
    await pause(2);
    database = 'new';
    await (tagged ? by.deleteByTag!(tags![0]!) : by.delete(key));
    await filling;
    // Time enough for every message.
    await pause(5);
    if ((await filler.getOrSet(key, read, tags)) !== 'new') stale++;
  }
  return stale;
}

export async function fillRaces(url: string): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [where, tagged] of [
    ['same', false],
    ['other', false],
    ['same', true],
    ['other', true],
  ] as const) {
    const stale: Partial<Record<Name, number>> = {};
    for (const name of NAMES) {
      stale[name] = await twoOf(name, url, async (one, two) =>
        tagged && !one.deleteByTag ? NaN : staleAfterRace(one, where === 'same' ? one : two, tagged),
      );
      if (Number.isNaN(stale[name])) delete stale[name];
    }
    const what = `${tagged ? 'tag' : 'key'} invalidated by ${where === 'same' ? 'the same' : 'another'} replica while a factory runs, ${TRIES} tries`;
    rows.push(staleRow(`fill-race-${tagged ? 'tag' : 'key'}-${where}`, what, stale));
  }
  return rows;
}

/** The subscriptions are killed while another replica writes: who serves the old value after the reconnect? */
export async function busCuts(url: string): Promise<BenchRow> {
  const admin = new Redis(url);
  const cut = (name: Name) =>
    twoOf(name, url, async (one, two) => {
      let stale = 0;
      for (let index = 0; index < CUTS; index++) {
        const key = `cut${index}`;
        let database = 'old';
        const read = () => database;
        await one.getOrSet(key, read);
        await two.getOrSet(key, read);
        await two.getOrSet(key, read);
        database = 'new';
        await Promise.all([admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub'), one.delete(key)]);
        await pause(600);
        if ((await two.getOrSet(key, read)) !== 'new') stale++;
      }
      return stale;
    });
  const stale = { ours: await cut('ours'), bentocache: await cut('bentocache') };
  admin.disconnect();
  return staleRow('bus-cut', `bus cut for less than a second while another replica deletes, ${CUTS} tries`, stale);
}

/** A replica whose clock is 5 s behind invalidates a tag: who honours it? */
export async function clockBehind(url: string): Promise<BenchRow> {
  const now = Date.now;
  const behind = (name: Name) =>
    twoOf(name, url, async (one, two) => {
      await one.getOrSet('k', () => 'old', ['t']);
      Date.now = () => now() - 5_000;
      await two.deleteByTag!('t');
      Date.now = now;
      await pause(200);
      return (await one.getOrSet('k', () => 'new', ['t'])) === 'new' ? 0 : 1;
    });
  const stale = { ours: await behind('ours'), bentocache: await behind('bentocache') };
  return staleRow('clock-behind', 'tag invalidated by a replica whose clock is 5 s behind', stale);
}
