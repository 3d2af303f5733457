import type { CacheStats } from '../cache.stats.js';
import type { FillDefaults, FillOptions } from '../entry.options.js';
import type { CacheSerializer } from '../serializers/serializer.js';
import type { Tiers } from '../tiers/tiers.js';
import type { FillContext } from './fill.context.js';
import type { Handoffs } from './handoffs.js';

/** The filler's lease at the store: renewed while the factory runs, over soon after its process has died. */
export const LEASE_MS = 5_000;
/** What all fills of an app share. */
export interface FillServices {
  tiers: Tiers;
  handoffs: Handoffs;
  serializer: CacheSerializer;
  defaults: FillDefaults;
  /** A name that no other fill in the cluster has. */
  newOwner: () => string;
}

/** What is to be filled. */
export interface FillRequest {
  name: string;
  key: string;
  /** The clears that concern the key: a version of each is part of every entry. */
  clears: readonly string[];
  options: FillOptions;
  factory: (context: FillContext<never>) => unknown;
  stats: CacheStats;
  /** Set to make the value anew although there is one: that which ends before this moment. */
  refreshBefore?: number;
  /** Called when somebody else is filling the key already. */
  onWait?: () => void;
}
