import type { CacheAccess } from '../cache.access.js';
import type { FillOptions } from '../entry.options.js';
import { FillBatch, type ManyFactory } from './fill-batch.js';

/** Fills each key by itself, once in the cluster, and all that fall to us by one call of the factory. */
export async function fillMany<T>(
  access: CacheAccess,
  keys: readonly string[],
  factory: ManyFactory<T>,
  options: FillOptions,
): Promise<(T | undefined)[]> {
  const distinct = [...new Set(keys)];
  const batch = new FillBatch<T>(distinct.length, factory);
  const values = new Map<string, T | undefined>();
  const fill = async (key: string) => {
    const decided = onlyOnce(() => batch.decided());
    const make = () => {
      const value = batch.make(key);
      decided();
      return value;
    };
    try {
      values.set(key, (await access.findOrFill<T>(key, make, options, decided)).value);
    } finally {
      decided();
    }
  };
  await Promise.all(distinct.map(fill));
  return keys.map((key) => values.get(key));
}

function onlyOnce(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
