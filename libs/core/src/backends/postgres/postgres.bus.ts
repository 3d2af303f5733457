import { createHash } from 'node:crypto';
import { Client } from 'pg';
import type { Bus, SubscribeOptions, Unsubscribe } from '../../bus.js';
import { sleep, withDeadline } from '../../deadline.js';
import { Subscriptions } from '../../subscriptions.js';
import type { PostgresBackend } from './postgres.backend.js';
import { PostgresOutbound } from './postgres.outbound.js';

const PING_EVERY_MS = 5_000;

/** LISTEN/NOTIFY on a connection of its own, which exists as soon as somebody subscribes. */
export class PostgresBus implements Bus {
  private readonly subscriptions = new Subscriptions();
  private readonly outbound: PostgresOutbound;
  private listener: Promise<Client> | undefined;
  private live: Client | undefined;
  private pings: NodeJS.Timeout | undefined;
  private closing = new AbortController();
  private turn: Promise<void> = Promise.resolve();
  private said: Promise<unknown> = Promise.resolve();

  constructor(private readonly backend: PostgresBackend) {
    this.outbound = new PostgresOutbound(backend);
  }

  get connected(): boolean {
    return this.listener === undefined || this.live !== undefined;
  }

  async publish(channel: string, message: string): Promise<void> {
    await withDeadline(`Publishing to ${channel}`, this.outbound.send(this.name(channel), message));
  }

  async subscribe(
    channel: string,
    handler: (message: string) => void,
    options?: SubscribeOptions,
  ): Promise<Unsubscribe> {
    const name = this.name(channel);
    const { remove } = this.subscriptions.add(name, handler, options);
    const unsubscribe = async () => {
      if (remove() && this.live) await this.say(this.live, `unlisten ${name}`).catch(() => undefined);
    };
    try {
      const client = await withDeadline(`Subscribing to ${channel}`, (this.listener ??= this.connect()));
      await withDeadline(`Subscribing to ${channel}`, this.say(client, `listen ${name}`));
    } catch (error) {
      await unsubscribe();
      throw error;
    }
    return unsubscribe;
  }

  /** Gives everything back. Idempotent. */
  async close(): Promise<void> {
    this.closing.abort();
    this.closing = new AbortController();
    clearInterval(this.pings);
    const client = this.live;
    this.live = this.listener = undefined;
    await client?.end().catch(() => undefined);
  }

  private async connect(): Promise<Client> {
    try {
      const client = await this.listen();
      this.pings = setInterval(() => this.provePresence(), PING_EVERY_MS).unref();
      return client;
    } catch (error) {
      this.listener = undefined;
      throw error;
    }
  }

  private async listen(): Promise<Client> {
    // The pool's own settings as they are (a copy would lose the hidden password); but no slot of the pool.
    const { listenUrl, pool } = this.backend;
    const settings = listenUrl ? { connectionString: listenUrl, keepAlive: true } : pool.options;
    const client = new Client(settings);
    client.on('error', () => this.reconnect(client));
    client.on('end', () => this.reconnect(client));
    client.on('notification', ({ channel, payload = '' }) => this.receive(channel, payload));
    await client.connect();
    for (const name of this.subscriptions.channels) await client.query(`listen ${name}`);
    this.said = Promise.resolve();
    this.live = client;
    return client;
  }

  private reconnect(client: Client): void {
    if (this.live !== client) return;
    this.live = undefined;
    this.listener = this.retry(this.closing.signal);
    this.listener.catch(() => undefined);
  }

  private async retry(closing: AbortSignal): Promise<Client> {
    for (let attempt = 1; ; attempt++) {
      await sleep(Math.min(attempt * 50, 500), closing);
      const client = await this.listen().catch(() => undefined);
      if (!client) continue;
      if (closing.aborted) await client.end();
      closing.throwIfAborted();
      this.subscriptions.gap();
      return client;
    }
  }

  /** One statement at a time: a pg client takes no second one while it is busy. */
  private say(client: Client, statement: string): Promise<unknown> {
    const answer = this.said.then(() => client.query(statement));
    this.said = answer.catch(() => undefined);
    return answer;
  }

  /** A link that died without a word looks like a quiet one; only an unanswered ping tells them apart. */
  private provePresence(): void {
    const client = this.live;
    if (!client) return;
    withDeadline('The bus ping', this.say(client, 'select 1'), { deadlineMs: PING_EVERY_MS }).catch(() => {
      this.reconnect(client);
      client.end().catch(() => undefined);
    });
  }

  /** In turn, since fetching a long message's body must not let a later one overtake it. */
  private receive(channel: string, payload: string): void {
    this.turn = this.turn.then(async () => {
      const message = await this.outbound.bodyOf(payload);
      if (message === undefined) this.subscriptions.gap();
      else this.subscriptions.deliver(channel, message);
    });
  }

  /**
   * What Postgres calls `channel`: for statements that publish in their own transaction, by
   * `select rookery.bus_notify(<name>, <message>)`. A name is at most 63 bytes; ours are hashes, which need no quoting.
   */
  name(channel: string): string {
    return `rookery_${createHash('sha1').update(`${this.backend.namespace}:${channel}`).digest('hex')}`;
  }
}
