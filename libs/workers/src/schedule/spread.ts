import { createHash } from 'node:crypto';
import type { TaskPolicy } from '../workers.options.js';

/** A number from 0 up to 1 that every replica finds for the same words. */
export function fraction(words: string): number {
  return createHash('sha1').update(words).digest().readUInt32BE() / 2 ** 32;
}

/** How many milliseconds after its slot a run begins. */
export function jitterOf(name: string, slot: number, { jitterMs }: Pick<TaskPolicy, 'jitterMs'>): number {
  return jitterMs === 0 ? 0 : Math.floor(fraction(`${name}@${slot}`) * jitterMs);
}

/**
 * Which place this replica has in the order in which the living ones ask for `what`: 0 asks at once, the others later,
 * in case the first does not. Another order for every slot, so that the work is spread and nobody asks in vain.
 */
export function turnOf(replica: string, replicas: readonly string[], what: string): number {
  const own = fraction(`${what}/${replica}`);
  return replicas.filter((other) => other !== replica && fraction(`${what}/${other}`) > own).length;
}
