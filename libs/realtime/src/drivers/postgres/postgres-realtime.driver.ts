import type { PostgresBackend } from '@rookery/core/postgres';
import type { Position } from '../../client/protocol.js';
import { keptMs, limitsCountMs, newEpoch } from '../../log/epoch.js';
import {
  channelOf,
  type HistoryLimits,
  type LogEntry,
  type LogTail,
  type RealtimeDriver,
} from '../../realtime.driver.js';
import { REALTIME_MIGRATIONS } from '../../realtime.schema.js';
import {
  APPEND,
  DECLARE_LIMITS,
  DROP_EXCESS,
  DROP_LIMITS,
  DROP_OLD,
  DROP_SEQS,
  HEAD,
  RENEW_EPOCH,
  SINCE,
} from './postgres-log.statements.js';
import { PostgresPresenceDriver } from './postgres-presence.driver.js';

interface SinceRow {
  epoch: string;
  last: string;
  size: string;
  intact: boolean;
  room: string | null;
  offset: string;
  publisher: string;
  body: string;
}

/** Logs in PostgreSQL: rows, written and announced by one statement. */
export class PostgresRealtimeDriver implements RealtimeDriver {
  readonly presence: PostgresPresenceDriver;

  constructor(
    private readonly backend: PostgresBackend,
    private readonly limits: HistoryLimits,
  ) {
    this.presence = new PostgresPresenceDriver(backend);
  }

  async open(): Promise<void> {
    await this.backend.open();
    await this.backend.migrate('realtime', REALTIME_MIGRATIONS);
  }

  close(): Promise<void> {
    return this.backend.close();
  }

  async append(nsp: string, publisher: string, entries: readonly LogEntry[]): Promise<void> {
    const rooms: string[] = [];
    const indexes: number[] = [];
    for (const [index, entry] of entries.entries()) {
      rooms.push(...entry.rooms);
      indexes.push(...entry.rooms.map(() => index + 1));
    }
    const bodies = entries.map(({ body }) => body);
    await this.backend.query(APPEND, [
      this.backend.namespace,
      nsp,
      newEpoch(),
      publisher,
      entries.at(-1)!.seq,
      bodies,
      rooms,
      indexes,
      this.channel(nsp),
    ]);
  }

  async head(nsp: string): Promise<Position> {
    await this.declareLimits(nsp);
    const { rows } = await this.backend.query<{ epoch: string; last: string }>(HEAD, [
      this.backend.namespace,
      nsp,
      newEpoch(),
    ]);
    return { epoch: rows[0].epoch, offset: Number(rows[0].last) };
  }

  async since(nsp: string, { epoch, offset }: Position, rooms: readonly string[]): Promise<LogTail> {
    const { size, ms } = this.limits;
    const parameters = [this.backend.namespace, nsp, epoch, offset, rooms, size, keptMs(ms)];
    const { rows } = await this.backend.query<SinceRow>(SINCE, parameters);
    if (rows.length === 0) return { head: await this.head(nsp), intact: false, lost: [], entries: [] };
    const missed = rows.filter(({ room }) => room !== null);
    const counts = new Map<string, number>();
    for (const { room } of missed) counts.set(room!, (counts.get(room!) ?? 0) + 1);
    return {
      head: { epoch: rows[0].epoch, offset: Number(rows[0].last) },
      intact: rows[0].intact,
      // A full history that begins after the position may have begun earlier.
      lost: rooms.filter((room) => (counts.get(room) ?? 0) >= Number(rows[0].size)),
      entries: missed.map((row) => ({ offset: Number(row.offset), publisher: row.publisher, body: row.body })),
    };
  }

  async renewEpoch(nsp: string, epoch: string): Promise<void> {
    await this.backend.query(RENEW_EPOCH, [this.backend.namespace, nsp, epoch, newEpoch(), this.channel(nsp)]);
  }

  async sweep(nsp: string): Promise<void> {
    const { namespace } = this.backend;
    await this.declareLimits(nsp);
    await this.backend.query(DROP_LIMITS, [namespace, nsp, limitsCountMs(this.limits.ms)]);
    await this.backend.query(DROP_OLD, [namespace, nsp, keptMs(this.limits.ms)]);
    await this.backend.query(DROP_EXCESS, [namespace, nsp, this.limits.size]);
    await this.backend.query(DROP_SEQS, [namespace, nsp]);
  }

  async secret(proposal: string): Promise<string> {
    const { rows } = await this.backend.query<{ secret: string }>(
      `insert into rookery.realtime_secrets as known (namespace, secret) values ($1, $2)
       on conflict (namespace) do update set secret = known.secret returning secret`,
      [this.backend.namespace, proposal],
    );
    return rows[0].secret;
  }

  private async declareLimits(nsp: string): Promise<void> {
    const { size, ms } = this.limits;
    await this.backend.query(DECLARE_LIMITS, [this.backend.namespace, nsp, size, keptMs(ms)]);
  }

  private channel(nsp: string): string {
    return this.backend.bus.name(channelOf(nsp));
  }
}
