import { CacheFactoryTimeoutError } from '../cache.errors.js';
import type { Outcome } from './outcome.js';

/** How long callers wait for a fill. */
export interface Patience {
  softTimeoutMs?: number;
  hardTimeoutMs?: number;
}

/**
 * The fill's outcome, or the old value once the caller has waited long enough. The fill goes on in any case.
 *
 * @throws CacheFactoryTimeoutError after `hardTimeoutMs` without an old value
 */
export function withPatience(
  work: Promise<Outcome>,
  key: string,
  old: () => Outcome | undefined,
  { softTimeoutMs, hardTimeoutMs }: Patience,
): Promise<Outcome> {
  if (softTimeoutMs === undefined && hardTimeoutMs === undefined) return work;
  return new Promise((resolve, reject) => {
    const soft = softTimeoutMs === undefined ? undefined : setTimeout(serveOld, softTimeoutMs);
    const hard = hardTimeoutMs === undefined ? undefined : setTimeout(giveUp, hardTimeoutMs, hardTimeoutMs);
    function serveOld() {
      const outcome = old();
      if (outcome) resolve(outcome);
      return outcome;
    }
    function giveUp(ms: number) {
      if (!serveOld()) reject(new CacheFactoryTimeoutError(key, ms));
    }
    work.then(resolve, reject).finally(() => {
      clearTimeout(soft);
      clearTimeout(hard);
    });
  });
}
