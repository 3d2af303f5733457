import { sleep, withDeadline, type Bus, type Unsubscribe } from '@rookery/core';
import type { Position } from '../client/protocol.js';
import { channelOf, type LogDriver, type LogEntry, type LogTail, type StoredEntry } from '../realtime.driver.js';
import { formatBatch, parseBatch, type Batch } from './batch.js';
import { Outbox } from './outbox.js';

/** What a log tells the sockets of this replica. */
export interface LogListener {
  /** Rooms with sockets here. */
  rooms(): Iterable<string>;
  /** A message of another publisher, at its turn. */
  onEntry(body: unknown, publisher: string): void;
  /** Messages of these rooms (without rooms: of all) are lost for good. */
  onLoss(rooms?: readonly string[]): void;
}

const ROOMS_PER_READ = 500;
const RETRY_MS = 250;

/**
 * Follows the log of one socket.io namespace: hands over each message once and in order, notices by the offsets when
 * the bus lost some, and fetches those from the history.
 */
export class NamespaceLog {
  readonly outbox: Outbox;
  /** Resolves when it can be used; never rejects. */
  readonly ready: Promise<void>;
  position: Position = { epoch: '', offset: 0 };
  private unsubscribe: Unsubscribe | undefined;
  private catchingUp = false;
  private behind: Batch[] = [];
  /** How many messages of each publisher came past the log. */
  private readonly heard = new Map<string, number>();
  private readonly closing = new AbortController();

  constructor(
    private readonly nsp: string,
    private readonly publisher: string,
    private readonly driver: LogDriver,
    private readonly bus: Bus,
    private readonly listener: LogListener,
    private readonly options: { maxQueued: number; isLogged: boolean; opened: Promise<void> },
  ) {
    this.ready = this.open(options.opened);
    this.outbox = new Outbox(nsp, options.maxQueued, this.ready, {
      send: (entries, before) => this.send(entries, before),
      onOverflow: () => this.renewEpoch(),
    });
  }

  /** Whether messages of other replicas arrive and own ones leave. */
  get connected(): boolean {
    return this.bus.connected && this.outbox.flowing;
  }

  publish(entry: LogEntry): Promise<void> {
    return this.outbox.push(entry);
  }

  /** What came after `position`; read in parts when there are many rooms. */
  async since(position: Position, rooms: readonly string[]): Promise<LogTail> {
    const tail: LogTail = { head: position, intact: true, lost: [], entries: [] };
    for (let start = 0; start < rooms.length || start === 0; start += ROOMS_PER_READ) {
      const part = await withDeadline(
        `Reading the history of ${this.nsp}`,
        this.driver.since(this.nsp, position, rooms.slice(start, start + ROOMS_PER_READ)),
      );
      if (start === 0) tail.head = part.head;
      if (!part.intact || part.head.epoch !== tail.head.epoch) return { ...tail, intact: false, entries: [] };
      tail.lost.push(...part.lost);
      tail.entries.push(...part.entries.filter(({ offset }) => offset <= tail.head.offset));
    }
    tail.entries = inOrder(tail.entries);
    return tail;
  }

  async close(budget: AbortSignal): Promise<void> {
    await this.outbox.close(budget);
    this.closing.abort();
    await this.unsubscribe?.();
  }

  /** Where nothing is kept, numbering and publishing need not be one step of the store, which costs time. */
  private send(entries: readonly LogEntry[], before: number): Promise<void> {
    if (this.options.isLogged)
      return withDeadline(`Publishing to ${this.nsp}`, this.driver.append(this.nsp, this.publisher, entries));
    const { publisher } = this;
    const bodies = entries.map(({ body }) => body);
    const head = { epoch: publisher, previous: before, first: before + 1, publisher };
    return this.bus.publish(channelOf(this.nsp), formatBatch(head, bodies));
  }

  private async renewEpoch(): Promise<void> {
    const { epoch } = this.position;
    await withDeadline(`Renewing the epoch of ${this.nsp}`, this.driver.renewEpoch(this.nsp, epoch)).catch(
      () => undefined,
    );
  }

  private async open(opened: Promise<void>): Promise<void> {
    await opened;
    while (!this.closing.signal.aborted) {
      try {
        this.unsubscribe ??= await this.bus.subscribe(channelOf(this.nsp), (text) => this.receive(text), {
          onGap: () => void this.catchUp(),
        });
        this.position = await withDeadline(`Reading the log of ${this.nsp}`, this.driver.head(this.nsp));
        return;
      } catch {
        await sleep(RETRY_MS, this.closing.signal).catch(() => undefined);
      }
    }
  }

  private receive(text: string): void {
    // Our own, past the log: not worth reading.
    if (text.startsWith(`${this.publisher} `)) return;
    const batch = parseBatch(text);
    if (!batch || this.position.epoch === '') return;
    this.follow(batch);
  }

  private follow(batch: Batch): void {
    if (this.catchingUp) this.behind.push(batch);
    else this.apply(batch);
  }

  private apply(batch: Batch): void {
    if (batch.epoch === batch.publisher) return this.hear(batch);
    const { epoch, offset } = this.position;
    const last = batch.first + batch.bodies.length - 1;
    if (batch.epoch !== epoch) {
      this.position = { epoch: batch.epoch, offset: batch.previous };
      this.listener.onLoss();
    } else if (last <= offset) {
      return;
    } else if (batch.previous > offset) {
      this.behind.push(batch);
      void this.catchUp();
      return;
    } else if (batch.previous < offset) {
      // The store forgot what it had confirmed (a failover does that): whoever missed it cannot be helped any more.
      void this.renewEpoch();
    }
    for (const [index, body] of batch.bodies.entries()) {
      // One by one: clients are told this position, and must not believe that they have what comes after this message.
      this.position = { epoch: batch.epoch, offset: batch.first + index };
      if (batch.publisher !== this.publisher) this.listener.onEntry(body, batch.publisher);
    }
  }

  private hear({ publisher, previous, first, bodies }: Batch): void {
    const last = first + bodies.length - 1;
    const heard = this.heard.get(publisher) ?? previous;
    // Sent again, because its answer was lost.
    if (last <= heard) return;
    this.heard.set(publisher, last);
    if (previous > heard) this.listener.onLoss();
    for (const body of bodies) this.listener.onEntry(body, publisher);
  }

  /** Fetches what the bus may have lost. Meanwhile what it brings waits. */
  private async catchUp(): Promise<void> {
    if (this.catchingUp || this.position.epoch === '') return;
    this.catchingUp = true;
    let tail: LogTail | undefined;
    while (!tail && !this.closing.signal.aborted) {
      tail = await this.readForAllRooms().catch(() => undefined);
      if (!tail) await sleep(RETRY_MS, this.closing.signal).catch(() => undefined);
    }
    if (!tail) return;
    const { epoch, offset } = this.position;
    if (tail.head.epoch === epoch && tail.head.offset < offset) await this.renewEpoch();
    if (!tail.intact) this.listener.onLoss();
    else if (tail.lost.length > 0) this.listener.onLoss(tail.lost);
    for (const { offset, publisher, body } of tail.entries) {
      this.position = { epoch: tail.head.epoch, offset };
      if (publisher !== this.publisher) this.listener.onEntry(JSON.parse(body), publisher);
    }
    this.position = tail.head;
    this.catchingUp = false;
    for (const batch of this.behind.splice(0)) this.follow(batch);
  }

  private async readForAllRooms(): Promise<LogTail> {
    for (;;) {
      const rooms = [...this.listener.rooms()];
      const tail = await this.since(this.position, rooms);
      const known = new Set(rooms);
      // A room that was joined while we read: what it missed meanwhile was not asked for.
      if ([...this.listener.rooms()].every((room) => known.has(room))) return tail;
    }
  }
}

function inOrder(entries: StoredEntry[]): StoredEntry[] {
  entries.sort((a, b) => a.offset - b.offset);
  return entries.filter(({ offset }, index) => offset !== entries[index - 1]?.offset);
}
