import { randomBytes } from 'node:crypto';

/** A name for an epoch that no other epoch ever had. */
export const newEpoch = () => randomBytes(9).toString('base64url');

/**
 * How long the store keeps messages: twice what is promised, since a client's position may be half of `ms` old while
 * nothing happens, and the store's expiry is not exact.
 */
export const keptMs = (ms: number) => ms * 2;

/** How long the limits of a replica that is gone count: after that, what it trimmed would be too old anyway. */
export const limitsCountMs = (ms: number) => keptMs(ms) + 60_000;
