import { deserialize, serialize } from 'node:v8';
import type { TraceCarrier } from '@rookery/core';
import type { ClusterMessage } from 'socket.io-adapter';

/** An app's event on its way to rooms. */
export interface EventBody {
  seq: number;
  /** None: to everybody. */
  rooms: string[];
  except: string[];
  /** The event's name and its arguments. */
  data: unknown[];
  /** What links its delivery elsewhere to the emit; not there while nobody traces. */
  trace?: TraceCarrier;
}

/** Something that adapters say to each other, e.g. "make these sockets leave". */
export interface ControlBody {
  seq: number;
  control: ClusterMessage;
}

/** Events are written as arrays, because they are many. Binary data cannot be JSON, so it travels as text in base64. */
export function formatEvent({ seq, rooms, except, data, trace }: EventBody): string {
  const body = [seq, rooms, except, pack(data)];
  return JSON.stringify(trace ? [...body, trace] : body);
}

export function formatControl({ seq, control }: ControlBody): string {
  return JSON.stringify([seq, pack(control)]);
}

export function parseBody(value: unknown): EventBody | ControlBody {
  const [seq, second, except, data, trace] = value as [number, unknown, string[], unknown, TraceCarrier?];
  return Array.isArray(second)
    ? { seq, rooms: second as string[], except, data: unpack(data) as unknown[], ...(trace && { trace }) }
    : { seq, control: unpack(second) as ClusterMessage };
}

function pack(value: object): object | string {
  return hasBinary(value) ? serialize(value).toString('base64') : value;
}

function unpack(value: unknown): unknown {
  return typeof value === 'string' ? deserialize(Buffer.from(value, 'base64')) : value;
}

function hasBinary(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true;
  for (const key in value) if (hasBinary((value as Record<string, unknown>)[key])) return true;
  return false;
}
