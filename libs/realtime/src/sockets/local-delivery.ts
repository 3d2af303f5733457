import type { Adapter, BroadcastOptions } from 'socket.io-adapter';
import type { Socket } from 'socket.io';
import { MESSAGE, type Stamp } from '../client/protocol.js';
import type { Session } from './session.js';

/** socket.io's type of a packet that carries an event. */
export const EVENT = 2;

/** An event as socket.io's adapters pass it around. */
export interface EventPacket {
  type: number;
  data: unknown[];
  nsp?: string;
  id?: number;
}

interface PacketOptions {
  preEncoded: true;
  volatile?: boolean;
  compress?: boolean;
}

/** What socket.io's own adapters use of each other, but do not declare for adapters of others. */
interface AdapterInternals {
  apply(opts: BroadcastOptions, visit: (socket: Socket) => void): void;
  _encode(packet: EventPacket, options: PacketOptions): unknown[];
}

interface SocketInternals {
  notifyOutgoingListeners(packet: EventPacket): void;
  client: { writeToEngine(encoded: unknown[], options: PacketOptions): void };
}

/** An encoded packet, ready for any number of sockets. */
export type Frame = (socket: Socket) => void;

/** Writes a broadcast to the sockets of this replica; encodes it once, not once per socket. */
export class LocalDelivery {
  constructor(
    private readonly adapter: Adapter,
    private readonly sessions: ReadonlyMap<string, Session>,
    private readonly dropIfSlow: (socket: Socket) => boolean,
  ) {}

  /** With a stamp, clients that keep track get it too; all others get the bare event. */
  send(packet: EventPacket, opts: BroadcastOptions, stamp?: Stamp): void {
    let bare: Frame | undefined;
    let stamped: Frame | undefined;
    this.internals.apply(opts, (socket) => {
      if (this.dropIfSlow(socket)) return;
      internals(socket).notifyOutgoingListeners(packet);
      const session = stamp && this.sessions.get(socket.id);
      if (session) session.write((stamped ??= this.stampedFrame(packet, stamp, opts)));
      else (bare ??= this.frame(packet, opts))(socket);
    });
  }

  stampedFrame(packet: EventPacket, stamp: Stamp, opts: BroadcastOptions): Frame {
    return this.frame({ ...packet, data: [MESSAGE, stamp, ...packet.data] }, opts);
  }

  private frame(packet: EventPacket, { flags }: BroadcastOptions): Frame {
    const options: PacketOptions = { preEncoded: true, volatile: flags?.volatile, compress: flags?.compress };
    const encoded = this.internals._encode({ ...packet, nsp: (this.adapter.nsp as { name: string }).name }, options);
    return (socket) => internals(socket).client.writeToEngine(encoded, options);
  }

  private get internals(): AdapterInternals {
    return this.adapter as unknown as AdapterInternals;
  }
}

const internals = (socket: Socket) => socket as unknown as SocketInternals;
