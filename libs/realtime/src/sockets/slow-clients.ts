import type { Socket } from 'socket.io';
import type { RealtimeHost } from './realtime-host.js';

interface Wire {
  writeBuffer: { data?: string | Buffer }[];
  transport: { socket?: { bufferedAmount?: number } };
}

/** Adding up what waits for a client for every single message would cost too much. */
const LOOK_EVERY = 32;

/** Lets go of clients that read more slowly than they are written to, before they cost the others their memory. */
export class SlowClients {
  constructor(private readonly host: RealtimeHost) {}

  /** True when the socket was dropped, so that nothing more is written to it. */
  readonly drop = (socket: Socket): boolean => {
    const wire = socket.conn as unknown as Wire;
    const { length } = wire.writeBuffer;
    if (length === 0 || length % LOOK_EVERY !== 0) return false;
    const { maxBufferedBytes } = this.host.options;
    const waiting = bufferedBytes(wire);
    if (waiting <= maxBufferedBytes) return false;
    this.host.warn(
      `Socket ${socket.id} (${socket.handshake.address}) was disconnected: ${waiting} bytes waited for it, more than maxBufferedBytes (${maxBufferedBytes}). It may come back and be recovered.`,
    );
    // Not the namespace only, and without waiting for the buffer: the client sees a lost connection and comes back.
    socket.conn.close(true);
    return true;
  };
}

function bufferedBytes({ writeBuffer, transport }: Wire): number {
  const queued = writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
  return queued + (transport.socket?.bufferedAmount ?? 0);
}
