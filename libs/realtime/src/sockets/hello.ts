import type { Hello } from '../client/protocol.js';

const MAX_TICKETS = 1_000;

/**
 * What a client presented; undefined for a client that does not keep track. Everything in it may be forged, so only
 * its shape is trusted from here on.
 */
export function parseHello(auth: unknown): Hello | undefined {
  const hello = (auth as { rookery?: unknown } | undefined)?.rookery;
  if (typeof hello !== 'object' || hello === null) return undefined;
  const { sid, position, tickets } = hello as Record<string, unknown>;
  return {
    sid: typeof sid === 'string' && sid.length <= 64 ? sid : undefined,
    position: isPosition(position) ? { epoch: position.epoch, offset: position.offset } : undefined,
    tickets: isRecord(tickets) ? Object.fromEntries(Object.entries(tickets).slice(0, MAX_TICKETS)) : {},
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
