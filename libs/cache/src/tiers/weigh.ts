/** Sizes of V8's objects on a 64-bit machine, in bytes. */
const SLOT = 8;
const OBJECT = 32;
const STRING = 24;
const BOXED_NUMBER = 16;

/** What a tier spends on an entry beside its value and its name. */
export const ENTRY_BYTES = 280;

/**
 * Freezes a tree of plain data all the way down and answers about how many bytes of heap it takes: one walk for both,
 * since every value that enters the in-process tier needs both.
 */
export function freezeAndWeigh(tree: unknown): number {
  if (typeof tree === 'string') return STRING + tree.length;
  if (typeof tree === 'number') return (tree | 0) === tree ? 0 : BOXED_NUMBER;
  return typeof tree === 'object' && tree !== null ? freezeObject(tree) : 0;
}

function freezeObject(tree: object): number {
  let bytes = OBJECT;
  if (Array.isArray(tree)) {
    for (const item of tree) bytes += SLOT + freezeAndWeigh(item);
  } else {
    for (const key in tree) bytes += SLOT + freezeAndWeigh((tree as Record<string, unknown>)[key]);
  }
  Object.freeze(tree);
  return bytes;
}
