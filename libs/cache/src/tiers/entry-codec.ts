import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { StoredEntry } from '../cache.driver.js';
import type { EntryPlan } from '../entry.options.js';
import type { LocalEntry } from './local-tier.js';
import { freezeAndWeigh } from './weigh.js';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** Turns a value into what the store keeps. */
export async function toStored(
  tree: unknown,
  plan: EntryPlan,
  versions: Record<string, number>,
  storeNow: number,
  compressAboveBytes = Infinity,
): Promise<StoredEntry> {
  const entry: StoredEntry = { v: tree, x: Math.round(storeNow + plan.ttlMs), t: versions };
  if (plan.graceMs > 0) entry.g = plan.graceMs;
  if (plan.slidingMs !== undefined) entry.s = plan.slidingMs;
  if (compressAboveBytes === Infinity) return entry;
  const text = JSON.stringify(tree);
  if (text.length <= compressAboveBytes) return entry;
  return { ...entry, v: (await deflate(text)).toString('base64'), z: 1 };
}

/** The value as the serializer made it. */
export async function treeOf({ v, z }: StoredEntry): Promise<unknown> {
  return z ? (JSON.parse((await inflate(Buffer.from(v as string, 'base64'))).toString()) as unknown) : v;
}

/** Milliseconds that the store keeps the entry, from its writing on. */
export function storeLife({ ttlMs, graceMs, slidingMs }: EntryPlan): number {
  return Math.ceil(slidingMs === undefined ? ttlMs + graceMs : Math.min(slidingMs, ttlMs));
}

/** How an entry may be kept in the in-process tier. */
export type LocalPlan = Pick<EntryPlan, 'l1' | 'l1TtlMs'>;

/**
 * The entry for the in-process tier, frozen; what may not go there stays the caller's own. With sliding expiry it stays
 * a tenth of the window only: then a read reaches the store again and prolongs the life there.
 */
export function toLocal(
  stored: StoredEntry,
  tree: unknown,
  at: { since: number; storeNow: number },
  plan: LocalPlan & { l1TtlMs: number },
): LocalEntry {
  const now = performance.now();
  const life = stored.x - at.storeNow;
  const { since } = at;
  const freshUntil = now + Math.min(plan.l1TtlMs, life, stored.s === undefined ? Infinity : stored.s / 10);
  const expiresAt = now + life;
  const graceUntil = expiresAt + (stored.g ?? 0);
  const versions = Object.keys(stored.t);
  // A literal of its own: V8 learns of each whether its objects live long, and what it then puts into the old generation
  // keeps its whole value from being collected cheaply.
  if (!plan.l1) return { tree, since, freshUntil, expiresAt, graceUntil, versions, bytes: 0 };
  return { tree, since, freshUntil, expiresAt, graceUntil, versions, bytes: freezeAndWeigh(tree) };
}
