import { RookeryError } from '@rookery/core';

/** The user is not allowed into the room, or the room's name is not acceptable. */
export class RoomRefusedError extends RookeryError {
  constructor(
    readonly room: string,
    why: string,
  ) {
    super('ROOKERY_ROOM_REFUSED', `Room "${room.slice(0, 80)}" was refused: ${why}.`);
  }
}

/** Reason of a connection that was refused; the client reads it in its `connect_error`. */
export class ConnectionRefusedError extends RookeryError {
  /** What socket.io hands to the client beside the message. */
  readonly data: { code: string };

  constructor(code: string, message: string) {
    super(code, message);
    this.data = { code };
  }
}

/** The backplane has been away for so long that its queue is full. Local sockets got the message, other replicas never will. */
export class BackplaneOverflowError extends RookeryError {
  constructor(nsp: string, maxQueued: number) {
    super(
      'ROOKERY_BACKPLANE_OVERFLOW',
      `The message reached the sockets of this replica only: ${maxQueued} messages of namespace "${nsp}" already wait for the store. Its clients will be told to reload once it is back. See maxQueued.`,
    );
  }
}

/** A message is larger than `maxMessageBytes`. */
export class MessageTooLargeError extends RookeryError {
  constructor(bytes: number, maxBytes: number) {
    super(
      'ROOKERY_MESSAGE_TOO_LARGE',
      `The message has ${bytes} bytes, but at most ${maxBytes} are allowed. Send less, send a reference (a URL, an id), or raise maxMessageBytes.`,
    );
  }
}
