/** What a namespace of a cache has done since its process started, and how it is now. */
export interface CacheStatsSnapshot extends CacheCounts {
  /** Heap that its values take in the in-process tier, about. */
  l1Bytes: number;
  /** False while the store, which all namespaces share, is left alone after failures in a row. */
  storeAvailable: boolean;
}

/** What was counted. */
export interface CacheCounts {
  /** Answered by the in-process tier. */
  l1Hits: number;
  /** Answered by the store. */
  l2Hits: number;
  /** Found nowhere. */
  misses: number;
  /** Old values served in their grace. */
  staleServed: number;
  factoryRuns: number;
  factoryErrors: number;
  /** Milliseconds that factories took, all together. */
  factoryMs: number;
}

/** The counters of one namespace. */
export class CacheStats implements CacheCounts {
  l1Hits = 0;
  l2Hits = 0;
  misses = 0;
  staleServed = 0;
  factoryRuns = 0;
  factoryErrors = 0;
  factoryMs = 0;

  /** Counts one answer. */
  count(status: 'l1' | 'l2' | 'miss' | 'stale'): void {
    if (status === 'l1') this.l1Hits++;
    else if (status === 'l2') this.l2Hits++;
    else if (status === 'miss') this.misses++;
    else this.staleServed++;
  }

  snapshot(): CacheCounts {
    const { l1Hits, l2Hits, misses, staleServed, factoryRuns, factoryErrors, factoryMs } = this;
    return { l1Hits, l2Hits, misses, staleServed, factoryRuns, factoryErrors, factoryMs };
  }
}
