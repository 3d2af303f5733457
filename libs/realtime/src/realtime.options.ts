import { checkMs, InvalidInputError, type Backend } from '@rookery/core';
import type { Socket } from 'socket.io';

/** Options of `RealtimeModule.forRoot()`. */
export interface RealtimeModuleOptions {
  /** The store. @default the backend of ClusterModule, else memory() */
  backend?: Backend;

  /**
   * Who is behind a socket: the user's id, or `null` for a visitor without one. What it throws refuses the connection;
   * the client reads the message of a `ConnectionRefusedError`, a `WsException` or an `HttpException`.
   *
   * @example userOf: async (socket) => (await jwt.verifyAsync(socket.handshake.auth.token)).sub
   * @default every socket is a visitor without a user
   */
  userOf?: (socket: Socket) => string | null | Promise<string | null>;

  /**
   * Whether a user may be in a room. Asked at every join, and again when a client comes back after an interruption.
   *
   * @default everybody may join what the app's code lets them join
   */
  canJoin?: (user: string | null, room: string, socket: Socket) => boolean | Promise<boolean>;

  /**
   * Messages that each room keeps for clients that come back; 0 turns recovery off. Where replicas differ, as in a
   * deploy, the smallest counts.
   *
   * @default 500
   */
  historySize?: number;
  /** Milliseconds for which each room keeps them. At least 1000; the smallest counts. @default 300000 */
  historyMs?: number;

  /** Whether the store knows who is in which room. @default true */
  presence?: boolean;
  /** Milliseconds after which the users of a replica that died count as gone. At least 1000. @default 15000 */
  presenceTtlMs?: number;
  /** Milliseconds for which a user who lost the connection still counts as present. @default 5000 */
  presenceGraceMs?: number;

  /**
   * `polling` needs a load balancer that sends a client always to the same replica; `websocket` needs nothing.
   *
   * @default ['websocket']
   */
  transports?: ('websocket' | 'polling')[];

  /** Sockets that one user may have in the whole cluster. @default Infinity */
  maxSocketsPerUser?: number;
  /** Events that one socket may send in a second, and at once. @default 100 */
  maxEventsPerSecond?: number;
  /** Bytes of one message, in either direction. @default 1000000 */
  maxMessageBytes?: number;
  /** Bytes that may wait for one client that reads too slowly; then it is disconnected. @default 4000000 */
  maxBufferedBytes?: number;
  /** Messages that may wait for the store while it is away, per socket.io namespace. @default 10000 */
  maxQueued?: number;

  /** Milliseconds over which a draining replica spreads the departure of its sockets. @default 5000 */
  drainSpreadMs?: number;

  /** Signs what clients present when they come back. @default made once and kept in the store */
  secret?: string;
}

export type CheckedOptions = ReturnType<typeof checkedOptions>;

/** @throws InvalidInputError naming what is wrong */
export function checkedOptions(given: RealtimeModuleOptions) {
  return {
    userOf: given.userOf,
    canJoin: given.canJoin,
    secret: given.secret,
    presence: given.presence ?? true,
    transports: given.transports ?? (['websocket'] as const),
    historySize: checkFinite('historySize', given.historySize ?? 500),
    historyMs: checkMs('historyMs', given.historyMs ?? 300_000, 1_000),
    presenceTtlMs: checkMs('presenceTtlMs', given.presenceTtlMs ?? 15_000, 1_000),
    presenceGraceMs: checkMs('presenceGraceMs', given.presenceGraceMs ?? 5_000),
    maxSocketsPerUser: checkCount('maxSocketsPerUser', given.maxSocketsPerUser ?? Infinity, 1),
    maxEventsPerSecond: checkCount('maxEventsPerSecond', given.maxEventsPerSecond ?? 100, 1),
    maxMessageBytes: checkCount('maxMessageBytes', given.maxMessageBytes ?? 1_000_000, 1),
    maxBufferedBytes: checkCount('maxBufferedBytes', given.maxBufferedBytes ?? 4_000_000, 1),
    maxQueued: checkCount('maxQueued', given.maxQueued ?? 10_000, 1),
    drainSpreadMs: checkMs('drainSpreadMs', given.drainSpreadMs ?? 5_000),
  };
}

/** For what the store keeps: it has no room for everything. */
function checkFinite(what: string, value: number, minimum = 0): number {
  if (Number.isSafeInteger(value) && value >= minimum) return value;
  throw new InvalidInputError(what, value, `a whole number, at least ${minimum}`);
}

function checkCount(what: string, value: number, minimum = 0): number {
  return value === Infinity ? value : checkFinite(what, value, minimum);
}
