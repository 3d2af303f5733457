import type { PostgresBackend } from './postgres.backend.js';

interface Pending {
  name: string;
  message: string;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** NOTIFY takes less than 8000 bytes; longer messages go through a table. */
const INLINE_BYTES = 7_000;
const BATCH = 200;

/**
 * Sends NOTIFYs in the order they were asked for. One statement is under way at a time and takes along all that came
 * meanwhile: on a pool, separate statements would overtake each other.
 */
export class PostgresOutbound {
  private readonly pending: Pending[] = [];
  private sending = false;

  constructor(private readonly backend: PostgresBackend) {}

  send(name: string, message: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.pending.push({ name, message, resolve, reject });
      if (!this.sending) void this.drain();
    });
  }

  /** The message behind a payload; undefined when its body is gone. */
  async bodyOf(payload: string): Promise<string | undefined> {
    const mark = payload.indexOf('=');
    if (mark >= 0 && payload[0] !== '@') return payload.slice(mark + 1);
    const { rows } = await this.backend
      .query<{ body: string }>('select body from rookery.bus_messages where id = $1', [payload.slice(1)])
      .catch(() => ({ rows: [] }));
    return rows[0]?.body;
  }

  private async drain(): Promise<void> {
    this.sending = true;
    while (this.pending.length > 0) {
      const batch = this.pending.splice(0, BATCH);
      try {
        await this.notify(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.sending = false;
  }

  private async notify(batch: Pending[]): Promise<void> {
    // Alone, as most are, a message is planned sooner than as a row of arrays.
    if (batch.length === 1) {
      const [{ name, message }] = batch;
      await this.backend.query('select pg_notify($1, $2)', [name, await this.payloadOf(message, 0)]);
      return;
    }
    // Postgres drops equal payloads within a transaction; the number keeps them apart.
    const payloads = await Promise.all(batch.map(({ message }, index) => this.payloadOf(message, index)));
    await this.backend.query(
      'select pg_notify(name, payload) from unnest($1::text[], $2::text[]) as message (name, payload)',
      [batch.map(({ name }) => name), payloads],
    );
  }

  private async payloadOf(message: string, index: number): Promise<string> {
    if (Buffer.byteLength(message) <= INLINE_BYTES) return `${index}=${message}`;
    const { rows } = await this.backend.query<{ id: string }>(
      `with old as (delete from rookery.bus_messages where sent_at < now() - interval '1 minute')
       insert into rookery.bus_messages (body) values ($1) returning id`,
      [message],
    );
    return `@${rows[0].id}`;
  }
}
