import { parseBody, type EventBody } from '../log/body.js';
import type { LogTail } from '../realtime.driver.js';
import { checkJoin } from './admission.js';
import type { CheckedHello } from './hello.js';
import { EVENT, type Frame } from './local-delivery.js';
import type { RealtimeAdapter } from './realtime.adapter.js';
import { EVERYBODY, roomOfUser } from './rooms.js';
import type { Session } from './session.js';

/**
 * Brings a client that comes back up to date: puts it into its rooms again, sends what it missed since its position,
 * and says whether that was everything.
 */
export class Recovery {
  private readonly refused: string[];
  /** The rooms, and the offset since which the client was in each. */
  private readonly rooms = new Map<string, number>([[EVERYBODY, 0]]);

  constructor(
    private readonly adapter: RealtimeAdapter,
    private readonly session: Session,
    private readonly hello: CheckedHello,
  ) {
    this.refused = hello.excess.map(bounded);
  }

  async run(): Promise<void> {
    this.session.hold();
    await this.rejoin();
    // What the store may not have yet is not in the history, and what was said before the join did not reach us.
    const unconfirmed = this.adapter.log.outbox.unconfirmed().map(({ body }) => body);
    const tail = await this.read();
    const recovered = tail !== undefined && tail.intact && tail.lost.length === 0 && this.refused.length === 0;
    const missed = recovered ? this.missed(tail) : [];
    const own = unconfirmed.flatMap((body) => this.frameOf(JSON.parse(body), this.adapter.publisher) ?? []);
    const position = tail?.head ?? this.adapter.log.position;
    const note = { recovered, refused: this.refused };
    this.session.resume([...missed, ...own], position, note);
  }

  private async rejoin(): Promise<void> {
    const { socket } = this.session;
    const user = this.adapter.users.get(socket.id) ?? null;
    if (user !== null) this.rooms.set(roomOfUser(user), 0);
    const { host, nsp } = this.adapter;
    const now = host.storeNow();
    await Promise.all(
      Object.entries(this.hello.tickets).map(async ([room, ticket]) => {
        const joinedAt = host.tickets.check({ nsp: nsp.name, user, room }, ticket, now);
        try {
          if (joinedAt === undefined) throw new Error('Not a valid ticket.');
          await checkJoin(host.options, socket, user, [room]);
          this.rooms.set(room, joinedAt);
        } catch {
          this.refused.push(bounded(room));
        }
      }),
    );
    const names = [...this.rooms.keys()].filter((room) => room !== EVERYBODY && !socket.rooms.has(room));
    if (names.length > 0) this.adapter.admit(socket.id, new Set(names));
  }

  /** Undefined when the history cannot be read: then nobody knows what was missed. */
  private async read(): Promise<LogTail | undefined> {
    const { log } = this.adapter;
    if (!this.hello.position || !log.connected) return undefined;
    return log.since(this.hello.position, [...this.rooms.keys()]).catch(() => undefined);
  }

  private missed({ entries }: LogTail): Frame[] {
    return entries.flatMap(({ body, publisher, offset }) => this.frameOf(JSON.parse(body), publisher, offset) ?? []);
  }

  private frameOf(value: unknown, publisher: string, offset?: number): Frame | undefined {
    const body = parseBody(value);
    if ('control' in body || !this.isOwed(body, offset)) return undefined;
    const { delivery } = this.adapter;
    // Without an offset of its own, a message says nothing about how far the client has come.
    const stamp = this.adapter.stamp(publisher, body.seq, offset ?? 0);
    return delivery.stampedFrame({ type: EVENT, data: body.data }, stamp, { rooms: new Set() });
  }

  private isOwed({ rooms, except }: EventBody, offset = Infinity): boolean {
    if (except.some((room) => room === this.hello.sid || this.rooms.has(room))) return false;
    const names = rooms.length === 0 ? [EVERYBODY] : rooms;
    return names.some((room) => offset > (this.rooms.get(room) ?? Infinity));
  }
}

/** What a client made up must not come back at full length. */
const bounded = (room: string) => room.slice(0, 256);
