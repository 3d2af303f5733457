import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import {
  MESSAGE,
  RECONNECT,
  RECOVERY,
  STATE,
  type Position,
  type RecoveryNote,
  type Stamp,
  type StateNote,
} from './protocol.js';
import { Track } from './track.js';

/** How an interruption ended. */
export interface Recovery {
  /** True: every message that was missed has been delivered, in order. False: load your state anew. */
  recovered: boolean;
  /** How many messages were delivered late. */
  missed: number;
  /** Rooms that this client is no longer in. */
  refused: string[];
}

/** The options of socket.io-client, and what to do after an interruption. */
export interface RealtimeClientOptions extends Omit<Partial<ManagerOptions & SocketOptions>, 'auth'> {
  /** What the server's `userOf` reads in `socket.handshake.auth`. A function is asked anew at every connection. */
  auth?: object | (() => object | Promise<object>);
  /** Called after every interruption, and whenever the server knows that something was lost. */
  onRecovery?: (recovery: Recovery) => void;
}

// oxlint-disable-next-line typescript/no-explicit-any -- the arguments of events that the app does not type
type Events = Record<string, (...args: any[]) => void>;

/** Clients of a replica that went away must not all come back in the same instant. */
const RECONNECTION = { reconnectionDelay: 300, reconnectionDelayMax: 5_000, randomizationFactor: 0.6 };

/**
 * A socket.io client that misses nothing: it remembers how far it came, and when the connection was lost it gets from
 * any replica, in order, what was sent meanwhile, or is told to reload. Otherwise it is the `Socket` of
 * socket.io-client, in the browser and in Node.
 *
 * @example
 * const socket = connectRealtime('https://shop.example', {
 *   auth: () => ({ token: session.token }),
 *   onRecovery: ({ recovered }) => { if (!recovered) reload(); },
 * });
 * socket.on('price', (amount) => show(amount));
 */
export function connectRealtime<Listen extends Events = Events, Emit extends Events = Events>(
  url: string,
  options: RealtimeClientOptions = {},
): Socket<Listen, Emit> {
  const { auth, onRecovery, ...rest } = options;
  const track = new Track();
  const present = (done: (data: object) => void) => {
    void Promise.resolve(typeof auth === 'function' ? auth() : auth).then((own) =>
      done({ ...own, rookery: track.hello() }),
    );
  };
  const socket: Socket = io(url, { transports: ['websocket'], ...RECONNECTION, ...rest, auth: present });
  socket.on('connect', () => track.connected(socket.id!));
  socket.on(STATE, (note: StateNote) => track.note(note));
  socket.on(RECOVERY, (position: Position, note: RecoveryNote) => {
    onRecovery?.({ ...note, missed: track.recovered(position, note.refused) });
  });
  socket.on(MESSAGE, (stamp: Stamp, event: string, ...args: unknown[]) => {
    if (track.isNew(stamp)) dispatch(socket, event, args);
  });
  // The engine only, so that socket.io mends it as it mends every lost connection.
  socket.on(RECONNECT, () => socket.io.engine.close());
  return socket as unknown as Socket<Listen, Emit>;
}

function dispatch(socket: Socket, event: string, args: unknown[]): void {
  for (const listener of socket.listenersAny()) listener(event, ...args);
  for (const listener of socket.listeners(event)) listener(...args);
}
