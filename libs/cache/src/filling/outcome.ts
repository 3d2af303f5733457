import type { LocalEntry } from '../tiers/local-tier.js';

/** Where an answer came from: the in-process tier, the store, a factory, or an old value in its grace. */
export type CacheStatus = 'l1' | 'l2' | 'miss' | 'stale';

/** What a lookup found or a fill made. */
export interface Outcome {
  /** As the serializer made it; undefined when there is no value. */
  tree: unknown;
  status: CacheStatus;
  /** The tags and clears that it depends on. */
  versions: readonly string[];
  /** When it becomes stale, by the monotonic clock. */
  expiresAt: number;
}

export function outcomeOf(entry: LocalEntry, from: 'l1' | 'l2'): Outcome {
  const { tree, versions, expiresAt } = entry;
  return { tree, status: performance.now() < expiresAt ? from : 'stale', versions, expiresAt };
}
