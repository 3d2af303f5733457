import { checkMs, checkName, InvalidInputError } from '@rookery/core';

/** How long a value lives, and what it belongs to. */
export interface EntryOptions {
  /** Milliseconds until the value is stale, 1 to 30 days. @default 300000 */
  ttlMs?: number;
  /** Each read prolongs the life to this many milliseconds, at most up to `ttlMs` from the write. @default off */
  slidingMs?: number;
  /** Milliseconds after `ttlMs` in which the old value is served when the factory fails or is slow. @default 0 */
  graceMs?: number;
  /** Up to this part of `ttlMs` is taken off at random, so that values made together do not end together. 0..1 @default 0 */
  jitter?: number;
  /** Names under which `deleteByTag` finds the value. */
  tags?: readonly string[];
  /** Whether the in-process tier may keep the value. @default true */
  l1?: boolean;
  /** Milliseconds in the in-process tier. @default the module's `l1.ttlMs` */
  l1TtlMs?: number;
}

/** How a value is read. */
export interface ReadOptions {
  /** Whether the in-process tier may answer. @default true */
  l1?: boolean;
  /** Hands out a copy that the caller may change; else values are frozen. @default false */
  clone?: boolean;
}

/** How a missing value is made. */
export interface FillOptions extends EntryOptions, ReadOptions {
  /** Milliseconds after which an old value in its grace is served instead of waiting for the factory. @default none */
  softTimeoutMs?: number;
  /** Milliseconds after which a caller no longer waits for the factory. @default none */
  hardTimeoutMs?: number;
  /** Part of the life after which a read starts a refresh in the background. 0..1 @default none */
  refreshAhead?: number;
  /** Whether one replica fills for all; `false` spares a round trip for factories that are cheap. @default true */
  clusterFlight?: boolean;
}

/** What a fill uses that says nothing else. */
export type FillDefaults = Omit<FillOptions, 'tags' | 'l1' | 'clone'>;

const DAY = 86_400_000;
const MAX_TTL_MS = 30 * DAY;
const MAX_TAGS = 64;

/** An entry's options with nothing left open. */
export interface EntryPlan {
  ttlMs: number;
  graceMs: number;
  slidingMs?: number;
  tags: readonly string[];
  l1: boolean;
  l1TtlMs?: number;
}

/** @throws InvalidInputError naming the key and the option */
export function planOf(key: string, options: EntryOptions, defaults: FillDefaults): EntryPlan {
  const ttlMs = life(`ttlMs of cache key "${key}"`, options.ttlMs ?? defaults.ttlMs ?? 300_000);
  const graceMs = checkMs(`graceMs of cache key "${key}"`, options.graceMs ?? defaults.graceMs ?? 0);
  const slidingMs = options.slidingMs ?? defaults.slidingMs;
  if (slidingMs !== undefined) life(`slidingMs of cache key "${key}"`, slidingMs);
  const l1TtlMs = options.l1TtlMs ?? defaults.l1TtlMs;
  if (l1TtlMs !== undefined) checkMs(`l1TtlMs of cache key "${key}"`, l1TtlMs);
  const jitter = part(`jitter of cache key "${key}"`, options.jitter ?? defaults.jitter ?? 0);
  return {
    ttlMs: Math.max(1, Math.round(ttlMs * (1 - Math.random() * jitter))),
    graceMs: Math.min(graceMs, MAX_TTL_MS),
    slidingMs,
    tags: options.tags ? [...new Set(checkTags(key, options.tags))] : [],
    l1: options.l1 ?? true,
    l1TtlMs,
  };
}

/** @throws InvalidInputError naming the key and the option */
export function checkFill(key: string, options: FillOptions): void {
  if (options.softTimeoutMs !== undefined) checkMs(`softTimeoutMs of cache key "${key}"`, options.softTimeoutMs);
  if (options.hardTimeoutMs !== undefined) checkMs(`hardTimeoutMs of cache key "${key}"`, options.hardTimeoutMs, 1);
  if (options.refreshAhead !== undefined) part(`refreshAhead of cache key "${key}"`, options.refreshAhead);
}

export function checkTags(key: string, tags: readonly string[]): readonly string[] {
  if (tags.length > MAX_TAGS) {
    throw new InvalidInputError(`The tags of cache key "${key}"`, `${tags.length} tags`, `at most ${MAX_TAGS}`);
  }
  for (const tag of tags) checkName(`A tag of cache key "${key}"`, tag);
  return tags;
}

function life(what: string, value: unknown): number {
  const ms = checkMs(what, value, 1);
  if (ms <= MAX_TTL_MS) return ms;
  throw new InvalidInputError(what, value, `at most ${MAX_TTL_MS} (30 days)`);
}

function part(what: string, value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw new InvalidInputError(what, value, 'a number from 0 to 1');
}
