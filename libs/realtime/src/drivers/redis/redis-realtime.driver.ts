import { resourceKey } from '@rookery/core';
import type { RedisBackend } from '@rookery/core/redis';
import type { Position } from '../../client/protocol.js';
import { keptMs, limitsCountMs, newEpoch } from '../../log/epoch.js';
import {
  channelOf,
  type HistoryLimits,
  type LogEntry,
  type LogTail,
  type RealtimeDriver,
} from '../../realtime.driver.js';
import { APPEND, HEAD, RENEW_EPOCH, SINCE, SWEEP } from './redis-log.scripts.js';
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
    const indexes = new Map(rooms.map((room, index) => [room, index]));
    const keys = [this.key(nsp, 'log'), ...this.histories(nsp, rooms)];
    const args = [
      this.channel(nsp),
      publisher,
      entries.at(-1)!.seq,
      ...this.bounds(),
      entries.length,
      ...entries.map(({ body }) => body),
      ...entries.flatMap((entry, index) => entry.rooms.flatMap((room) => [index, indexes.get(room)!])),
    ];
    if ((await APPEND.run(this.backend.client, keys, args)) !== 0) return;
    await this.head(nsp);
    await APPEND.run(this.backend.client, keys, args);
  }

  async head(nsp: string): Promise<Position> {
    const [epoch, last] = await HEAD.run(this.backend.client, this.logOf(nsp), [newEpoch(), ...this.bounds()]);
    return { epoch, offset: Number(last) };
  }

  async since(nsp: string, { epoch, offset }: Position, rooms: readonly string[]): Promise<LogTail> {
    const [current, last, intact, size, ...histories] = await SINCE.run(
      this.backend.client,
      [...this.logOf(nsp), ...this.histories(nsp, rooms)],
      [epoch, offset, ...this.bounds(), newEpoch()],
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
    await SWEEP.run(this.backend.client, this.logOf(nsp), [...this.bounds(), limitsCountMs(this.limits.ms)]);
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

  private logOf(nsp: string): string[] {
    return [this.key(nsp, 'log'), this.key(nsp, 'limits')];
  }

  private bounds(): [size: number, ms: number] {
    return [this.limits.size, keptMs(this.limits.ms)];
  }

  private histories(nsp: string, rooms: readonly string[]): string[] {
    return rooms.map((room) => this.key(nsp, `room:${room}`));
  }
}
