import { EventEmitter } from 'node:events';
import { withDeadline } from '@rookery/core';
import { Client, type ClientConfig, type Notification, type QueryResult } from 'pg';

const PING_EVERY_MS = 5_000;

/**
 * One connection that listens for all bullmq workers of this process; bullmq alone would hold one per worker. When it
 * breaks, every borrower is told, and the next one to ask gets a new connection.
 */
export class SharedListener {
  private current: Promise<Client> | undefined;
  private live: Client | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private pings: NodeJS.Timeout | undefined;
  private readonly borrowers = new Set<Borrowed>();

  constructor(private readonly settings: ClientConfig) {}

  async borrow(): Promise<Borrowed> {
    this.current ??= this.connect();
    const client = await this.current;
    const borrowed = new Borrowed(
      (sql, values) => this.query(client, sql, values),
      () => void this.borrowers.delete(borrowed),
    );
    this.borrowers.add(borrowed);
    return borrowed;
  }

  async close(): Promise<void> {
    const client = await this.current?.catch(() => undefined);
    this.current = undefined;
    clearInterval(this.pings);
    if (client) await withDeadline('Closing the listener', client.end()).catch(() => undefined);
  }

  /** One after the other, as a pg client wants it. */
  private query(client: Client, sql: string, values?: unknown[]): Promise<QueryResult> {
    const result = this.turn.then(() => client.query(sql, values));
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async connect(): Promise<Client> {
    const client = new Client({ ...this.settings, keepAlive: true, keepAliveInitialDelayMillis: 10_000 });
    const broken = (error?: Error) => this.drop(client, error ?? new Error('the connection that listens was closed'));
    client.on('error', broken);
    client.on('end', () => broken());
    client.on('notification', (message) => {
      for (const borrower of this.borrowers) borrower.emit('notification', message);
    });
    try {
      await client.connect();
      this.live = client;
      this.pings = setInterval(() => this.provePresence(client), PING_EVERY_MS).unref();
      return client;
    } catch (error) {
      this.current = undefined;
      throw error;
    }
  }

  /** A connection that died without a word looks like a quiet one; only an unanswered ping tells them apart. */
  private provePresence(client: Client): void {
    withDeadline('The ping', this.query(client, 'select 1'), { deadlineMs: PING_EVERY_MS }).catch((error: Error) =>
      this.drop(client, error),
    );
  }

  private drop(client: Client, error: Error): void {
    if (this.live !== client) return;
    this.live = this.current = undefined;
    // The next connection's statements do not wait for those of this one.
    this.turn = Promise.resolve();
    clearInterval(this.pings);
    client.end().catch(() => undefined);
    const told = Array.from(this.borrowers);
    this.borrowers.clear();
    for (const borrower of told) {
      if (borrower.listenerCount('error') > 0) borrower.emit('error', error);
    }
  }
}

/** What bullmq takes for a client of a pool. */
class Borrowed extends EventEmitter<{ notification: [Notification]; error: [Error] }> {
  constructor(
    private readonly run: (sql: string, values?: unknown[]) => Promise<QueryResult>,
    readonly release: () => void,
  ) {
    super();
    this.setMaxListeners(0);
  }

  async query(sql: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    // The connection has many users: none of them names it.
    return sql.includes('application_name') ? { rows: [] } : this.run(sql, values);
  }
}
