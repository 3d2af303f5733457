import type { LockGrant, LockMode } from './lock.driver.js';

/** What must agree for two owners to hold a key together, as drivers store it: `exclusive`, `shared` or the permits. */
export const ruleOf = ({ mode, permits }: Pick<LockGrant, 'mode' | 'permits'>): string =>
  mode === 'permits' ? String(permits) : mode;

/** The inverse of {@link ruleOf}. */
export function modeOf(rule: string): { mode: LockMode; permits: number } {
  return rule === 'exclusive' || rule === 'shared'
    ? { mode: rule, permits: 1 }
    : { mode: 'permits', permits: Number(rule) };
}

/** How a key is used, in words. */
export function inWords(use: string | Pick<LockGrant, 'mode' | 'permits'>): string {
  const { mode, permits } = typeof use === 'string' ? modeOf(use) : use;
  return mode === 'permits' ? `a semaphore of ${permits} permits` : `${mode === 'shared' ? 'a' : 'an'} ${mode} lock`;
}
