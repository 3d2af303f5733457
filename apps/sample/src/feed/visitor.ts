import { ConnectionRefusedError } from '@rookery/realtime';
import type { Socket } from 'socket.io';

/** The demo has no accounts: each browser tab makes up an id of its own. */
export function visitorOf(socket: Socket): string | null {
  const { visitor } = socket.handshake.auth as { visitor?: unknown };
  if (visitor === undefined) return null;
  if (typeof visitor === 'string' && /^[\w-]{1,64}$/.test(visitor)) return visitor;
  throw new ConnectionRefusedError('VISITOR_INVALID', 'visitor must be 1 to 64 letters, digits, "_" or "-".');
}
