/** What server and client say to each other beside the app's own events. Shared by both, so it imports nothing. */

/** An app's event with its stamp: `[MESSAGE, stamp, event, ...args]`. */
export const MESSAGE = 'rookery:message';
/** Server to client: a {@link StateNote}. */
export const STATE = 'rookery:state';
/** Server to client: a {@link RecoveryNote}. */
export const RECOVERY = 'rookery:recovery';
/** Server to client: this replica is leaving, come back to another. */
export const RECONNECT = 'rookery:reconnect';

/** How far a client, or a replica, has followed the log of a socket.io namespace. */
export interface Position {
  /** Changes when the log can no longer prove that nothing was lost. */
  epoch: string;
  /** Grows with every message; by the store's clock, in microseconds since 1970. */
  offset: number;
}

/**
 * `epoch, offset`: how far the sender had followed the log when it sent this. `publisher, seq`: which message this is;
 * a publisher counts its messages, and they arrive in that order.
 */
export type Stamp = [epoch: string, offset: number, publisher: string, seq: number];

/** What a client presents in `auth.rookery` when it connects. */
export interface Hello {
  /** The id of the socket before, when there was one. */
  sid?: string;
  position?: Position;
  /** Room to ticket: the proof that the room was joined. */
  tickets?: Record<string, string>;
}

/** The position, and what changed in the socket's rooms. */
export interface StateNote {
  position: Position;
  joined?: Record<string, string>;
  left?: string[];
}

/** Whether everything that was missed has been sent. */
export interface RecoveryNote {
  recovered: boolean;
  /** Rooms that the client may no longer be in. */
  refused: string[];
}
