import type { Position } from './client/protocol.js';

/** One message on its way into the log of a socket.io namespace. */
export interface LogEntry {
  /** Counts the messages of its publisher, from 1. */
  seq: number;
  /** The rooms whose history keeps it; none for what need not survive. `''` stands for everybody. */
  rooms: readonly string[];
  /** JSON. */
  body: string;
}

/** A message as the log gives it back. */
export interface StoredEntry {
  offset: number;
  publisher: string;
  body: string;
}

/** What the log holds behind a position. */
export interface LogTail {
  head: Position;
  /** False when the log cannot tell what came after the position: another epoch, or too long ago. */
  intact: boolean;
  /** Rooms in which more was missed than their history keeps. */
  lost: string[];
  /** In order, each once. */
  entries: StoredEntry[];
}

/**
 * How much a room's history keeps. The log remembers the limits of all replicas that use it: where they differ, whoever
 * reads it reckons with the smallest, since that replica may have trimmed any history to it.
 */
export interface HistoryLimits {
  size: number;
  ms: number;
}

/**
 * The log of each socket.io namespace. Offsets are `max(last + 1, the store's time in microseconds)`, so that a store
 * that lost its data never gives one out twice. Judges time by the store's clock; logs nothing and throws raw errors.
 */
export interface LogDriver {
  /** Connects and makes what must be there. Once, before anything else. */
  open(): Promise<void>;
  /** Gives everything back. Idempotent. */
  close(): Promise<void>;

  /**
   * In one step: gives each entry its offset, adds it to the history of its rooms, and publishes the batch to
   * `channelOf(nsp)` as `<epoch> <offset before> <first offset> <publisher> <JSON array of bodies>`. A batch whose last
   * `seq` is not newer than the publisher's last one changes nothing: it was appended before, its answer was lost.
   */
  append(nsp: string, publisher: string, entries: readonly LogEntry[]): Promise<void>;

  /** Where the log ends now. A log that does not exist yet is begun. Declares the driver's limits. */
  head(nsp: string): Promise<Position>;

  /** What came after `position` in the given rooms. */
  since(nsp: string, position: Position, rooms: readonly string[]): Promise<LogTail>;

  /** Ends the epoch, if it is still the current one, and publishes that. */
  renewEpoch(nsp: string, epoch: string): Promise<void>;

  /** Declares the limits anew, and removes what is past them, where the store does not do it by itself. */
  sweep(nsp: string): Promise<void>;

  /** A secret that all replicas share. Stores `proposal` when there is none yet. */
  secret(proposal: string): Promise<string>;
}

/** A user in a room. */
export interface Presence {
  room: string;
  user: string;
}

/**
 * Who is where. What a replica has put down counts as long as the replica renews itself, so that the users of a replica
 * that died are gone after its ttl.
 */
export interface PresenceDriver {
  /** Puts users into rooms. Answers those that no living replica had there before. */
  enter(nsp: string, replica: string, presences: readonly Presence[]): Promise<Presence[]>;

  /** Takes users out of rooms. Answers those that no other living replica has there. */
  leave(nsp: string, replica: string, presences: readonly Presence[]): Promise<Presence[]>;

  /** Every user in the room, once. */
  users(nsp: string, room: string): Promise<string[]>;

  /** Keeps the replica alive for `ttlMs`. False when it had been taken for dead: put everything down again. */
  renew(nsp: string, replica: string, ttlMs: number): Promise<boolean>;

  /** Forgets replicas that are past their time. Answers the users that nobody else has; each is answered to one caller. */
  sweepReplicas(nsp: string): Promise<Presence[]>;
}

/** What a store must be able to do for realtime. */
export interface RealtimeDriver extends LogDriver {
  readonly presence: PresenceDriver;
}

/** The bus channel that carries the log of a namespace. */
export const channelOf = (nsp: string) => `realtime:${nsp}`;
