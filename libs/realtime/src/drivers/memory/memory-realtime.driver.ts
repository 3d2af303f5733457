import type { MemoryBackend } from '@rookery/core';
import type { Position } from '../../client/protocol.js';
import { formatBatch } from '../../log/batch.js';
import { keptMs, newEpoch } from '../../log/epoch.js';
import {
  channelOf,
  type HistoryLimits,
  type LogEntry,
  type LogTail,
  type RealtimeDriver,
  type StoredEntry,
} from '../../realtime.driver.js';
import { MemoryPresenceDriver } from './memory-presence.driver.js';

interface Log extends Position {
  seqs: Map<string, number>;
  rooms: Map<string, StoredEntry[]>;
  limits: HistoryLimits;
}

interface State {
  logs: Map<string, Log>;
  secret?: string;
}

/** Logs in the memory of one process. */
export class MemoryRealtimeDriver implements RealtimeDriver {
  readonly presence: MemoryPresenceDriver;
  private readonly state: State;

  constructor(
    private readonly backend: MemoryBackend,
    private readonly limits: HistoryLimits,
  ) {
    this.state = backend.shared('realtime', () => ({ logs: new Map<string, Log>() }));
    this.presence = new MemoryPresenceDriver(backend);
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}

  async append(nsp: string, publisher: string, entries: readonly LogEntry[]): Promise<void> {
    const log = this.log(nsp);
    const { seq } = entries.at(-1)!;
    if ((log.seqs.get(publisher) ?? 0) >= seq) return;
    log.seqs.set(publisher, seq);
    const previous = log.offset;
    const first = Math.max(previous + 1, Date.now() * 1000);
    for (const [index, { rooms, body }] of entries.entries())
      for (const room of rooms) this.remember(log, room, { offset: first + index, publisher, body });
    log.offset = first + entries.length - 1;
    const bodies = entries.map(({ body }) => body);
    await this.publish(nsp, formatBatch({ epoch: log.epoch, previous, first, publisher }, bodies));
  }

  async head(nsp: string): Promise<Position> {
    const { epoch, offset } = this.log(nsp);
    return { epoch, offset };
  }

  async since(nsp: string, position: Position, rooms: readonly string[]): Promise<LogTail> {
    const log = this.log(nsp);
    const { size, ms } = log.limits;
    const oldest = (Date.now() - keptMs(ms)) * 1000;
    const isOld = position.offset < oldest && log.offset > position.offset;
    const intact = position.epoch === log.epoch && position.offset <= log.offset && !isOld;
    const after = (room: string) => (log.rooms.get(room) ?? []).filter(({ offset }) => offset > position.offset);
    return {
      head: { epoch: log.epoch, offset: log.offset },
      intact,
      lost: rooms.filter((room) => after(room).length >= size),
      entries: intact ? rooms.flatMap(after) : [],
    };
  }

  async renewEpoch(nsp: string, epoch: string): Promise<void> {
    const log = this.log(nsp);
    if (log.epoch !== epoch) return;
    log.epoch = newEpoch();
    const { offset } = log;
    await this.publish(nsp, formatBatch({ epoch: log.epoch, previous: offset, first: offset + 1, publisher: '-' }, []));
  }

  async sweep(nsp: string): Promise<void> {
    const oldest = (Date.now() - keptMs(this.limits.ms)) * 1000;
    const { rooms } = this.log(nsp);
    for (const [room, history] of rooms) if (history.at(-1)!.offset < oldest) rooms.delete(room);
  }

  async secret(proposal: string): Promise<string> {
    return (this.state.secret ??= proposal);
  }

  private log(nsp: string): Log {
    const { size, ms } = this.limits;
    const known = this.state.logs.get(nsp) ?? {
      epoch: newEpoch(),
      offset: Date.now() * 1000,
      seqs: new Map(),
      rooms: new Map(),
      limits: { size, ms },
    };
    this.state.logs.set(nsp, known);
    known.limits = { size: Math.min(known.limits.size, size), ms: Math.min(known.limits.ms, ms) };
    return known;
  }

  private remember(log: Log, room: string, entry: StoredEntry): void {
    if (this.limits.size === 0) return;
    const history = log.rooms.get(room) ?? [];
    log.rooms.set(room, history);
    history.push(entry);
    if (history.length > this.limits.size) history.shift();
  }

  private publish(nsp: string, text: string): Promise<void> {
    return this.backend.bus.publish(channelOf(nsp), text);
  }
}
