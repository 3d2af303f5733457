import { resourceKey } from '@rookery/core';
import type { RedisBackend } from '@rookery/core/redis';
import type { Position } from '../../client/protocol.js';
import { keptMs, newEpoch } from '../../log/epoch.js';
import {
  channelOf,
  type HistoryLimits,
  type LogEntry,
  type LogTail,
  type RealtimeDriver,
} from '../../realtime.driver.js';
import { APPEND, DROP_SEQS, HEAD, RENEW_EPOCH, SINCE } from './redis-log.scripts.js';
import { RedisPresenceDriver } from './redis-presence.driver.js';

/** Logs in Redis: a stream per room, written and published by one script. */
export class RedisRealtimeDriver implements RealtimeDriver {
  readonly presence: RedisPresenceDriver;

  constructor(
    private readonly backend: RedisBackend,
    private readonly limits: HistoryLimits,
  ) {
    this.presence = new RedisPresenceDriver(backend);
  }

  open(): Promise<void> {
    return this.backend.open();
  }

  close(): Promise<void> {
    return this.backend.close();
  }

  async append(nsp: string, publisher: string, entries: readonly LogEntry[]): Promise<void> {
    const rooms = [...new Set(entries.flatMap((entry) => entry.rooms))];
    const indexes = new Map(rooms.map((room, index) => [room, index + 1]));
    await APPEND.run(
      this.backend.client,
      [this.key(nsp, 'log'), ...this.histories(nsp, rooms)],
      [
        this.channel(nsp),
        publisher,
        entries.at(-1)!.seq,
        newEpoch(),
        this.limits.size,
        keptMs(this.limits.ms),
        entries.length,
        ...entries.map(({ body }) => body),
        ...entries.map((entry) => entry.rooms.map((room) => indexes.get(room)).join(',')),
      ],
    );
  }

  async head(nsp: string): Promise<Position> {
    const [epoch, last] = await HEAD.run(this.backend.client, [this.key(nsp, 'log')], [newEpoch()]);
    return { epoch, offset: Number(last) };
  }

  async since(nsp: string, { epoch, offset }: Position, rooms: readonly string[]): Promise<LogTail> {
    const { size, ms } = this.limits;
    const [current, last, intact, ...histories] = await SINCE.run(
      this.backend.client,
      [this.key(nsp, 'log'), ...this.histories(nsp, rooms)],
      [epoch, offset, Math.max(size, 1), keptMs(ms), newEpoch()],
    );
    return {
      head: { epoch: current, offset: Number(last) },
      intact: intact === 1,
      // A full history that begins after the position may have begun earlier.
      lost: rooms.filter((_, index) => (histories[index]?.length ?? 0) >= size),
      entries: histories.flatMap((history) =>
        history.map(([id, [, publisher, , body]]) => ({ offset: parseInt(id, 10), publisher, body })),
      ),
    };
  }

  async renewEpoch(nsp: string, epoch: string): Promise<void> {
    await RENEW_EPOCH.run(this.backend.client, [this.key(nsp, 'log')], [this.channel(nsp), epoch, newEpoch()]);
  }

  /** Redis trims and expires by itself, but for the fields of a hash. */
  async sweep(nsp: string): Promise<void> {
    await DROP_SEQS.run(this.backend.client, [this.key(nsp, 'log')]);
  }

  async secret(proposal: string): Promise<string> {
    const key = resourceKey(this.backend.namespace, 'realtime', 'secret');
    await this.backend.client.setnx(key, proposal);
    return (await this.backend.client.get(key)) ?? proposal;
  }

  private channel(nsp: string): string {
    return this.backend.bus.name(channelOf(nsp));
  }

  private key(nsp: string, part: string): string {
    return resourceKey(this.backend.namespace, 'realtime', nsp, part);
  }

  private histories(nsp: string, rooms: readonly string[]): string[] {
    return rooms.map((room) => this.key(nsp, `room:${room}`));
  }
}
