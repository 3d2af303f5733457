import type { Hello, Position, Stamp, StateNote } from './protocol.js';

const MAX_PUBLISHERS = 256;

/** What a client remembers in order to be recovered. */
export class Track {
  private sid: string | undefined;
  private position: Position | undefined;
  private readonly tickets = new Map<string, string>();
  /** The last message of each publisher: what came twice is dropped. */
  private readonly seen = new Map<string, number>();
  /** How many came since the client came back; undefined when it is not being recovered. */
  private late: number | undefined;

  hello(): Hello {
    return { sid: this.sid, position: this.position, tickets: Object.fromEntries(this.tickets) };
  }

  connected(sid: string): void {
    this.late = this.sid === undefined ? undefined : 0;
    this.sid = sid;
  }

  note({ position, joined = {}, left = [] }: StateNote): void {
    this.advance(position);
    for (const [room, ticket] of Object.entries(joined)) this.tickets.set(room, ticket);
    for (const room of left) this.tickets.delete(room);
  }

  /** Answers how many messages came late: what is new waits until the recovery is through. */
  recovered(position: Position, refused: readonly string[]): number {
    this.advance(position);
    for (const room of refused) this.tickets.delete(room);
    const late = this.late ?? 0;
    this.late = undefined;
    return late;
  }

  /** False for a message that came before. */
  isNew([epoch, offset, publisher, seq]: Stamp): boolean {
    const last = this.seen.get(publisher) ?? 0;
    this.advance({ epoch, offset });
    if (seq <= last) return false;
    if (this.late !== undefined) this.late++;
    // Set anew, so that the publisher that was silent for the longest time is the first.
    this.seen.delete(publisher);
    this.seen.set(publisher, seq);
    if (this.seen.size > MAX_PUBLISHERS) this.seen.delete(this.seen.keys().next().value!);
    return true;
  }

  /** Never back: a replica may lag behind the one before. */
  private advance(position: Position): void {
    if (position.epoch !== this.position?.epoch || position.offset > this.position.offset) this.position = position;
  }
}
