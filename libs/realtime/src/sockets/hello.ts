import type { Hello } from '../client/protocol.js';

/** Each ticket costs a signature; more would let one client keep the replica busy. */
const MAX_TICKETS = 1_000;

/** A hello as it is understood. */
export interface CheckedHello extends Hello {
  tickets: Record<string, string>;
  /** Rooms beyond those: the client is told that it is no longer in them. */
  excess: string[];
}

/**
 * What a client presented; undefined for a client that does not keep track. Everything in it may be forged, so only
 * its shape is trusted from here on.
 */
export function parseHello(auth: unknown): CheckedHello | undefined {
  const hello = (auth as { rookery?: unknown } | undefined)?.rookery;
  if (typeof hello !== 'object' || hello === null) return undefined;
  const { sid, position, tickets } = hello as Record<string, unknown>;
  const all = isRecord(tickets) ? Object.entries(tickets) : [];
  return {
    sid: typeof sid === 'string' && sid.length <= 64 ? sid : undefined,
    position: isPosition(position) ? { epoch: position.epoch, offset: position.offset } : undefined,
    tickets: Object.fromEntries(all.slice(0, MAX_TICKETS)),
    excess: all.slice(MAX_TICKETS).map(([room]) => room),
  };
}

function isPosition(value: unknown): value is { epoch: string; offset: number } {
  if (!isRecord(value)) return false;
  const { epoch, offset } = value as Record<string, unknown>;
  return typeof epoch === 'string' && epoch.length <= 64 && Number.isSafeInteger(offset) && (offset as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
