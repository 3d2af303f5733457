import type { Socket } from 'socket.io';
import { RECOVERY, STATE, type Position, type RecoveryNote, type StateNote } from '../client/protocol.js';
import type { Frame } from './local-delivery.js';
import type { RealtimeAdapter } from './realtime.adapter.js';
import { userOfRoom } from './rooms.js';

/** The server's side of a client that keeps track of what it got. */
export class Session {
  /** While the client is being recovered, what is new waits behind what it missed. */
  private held: Frame[] | undefined;

  constructor(
    readonly socket: Socket,
    private readonly adapter: RealtimeAdapter,
  ) {}

  write(frame: Frame): void {
    if (this.held) this.held.push(frame);
    else frame(this.socket);
  }

  hold(): void {
    this.held = [];
  }

  /** Sends what was missed, says how the recovery went, and lets go of what waited. */
  resume(missed: Frame[], position: Position, note: RecoveryNote): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const frame of missed) frame(this.socket);
    this.socket.emit(RECOVERY, position, note);
    for (const frame of held) frame(this.socket);
    this.refresh();
  }

  /** Something was lost for good: the client must load its state anew. */
  tellLoss(position: Position): void {
    const note: RecoveryNote = { recovered: false, refused: [] };
    this.write((socket) => void socket.emit(RECOVERY, position, note));
  }

  joined(rooms: readonly string[]): void {
    this.tell({ joined: this.ticketsFor(rooms) });
  }

  left(room: string): void {
    this.tell({ left: [room] });
  }

  /** Tickets and positions end; the client gets new ones long before. */
  refresh(): void {
    this.tell({ joined: this.ticketsFor([...this.socket.rooms]) });
  }

  private tell(note: Omit<StateNote, 'position'>): void {
    const { position } = this.adapter.log;
    this.write((socket) => void socket.emit(STATE, { position, ...note } satisfies StateNote));
  }

  private ticketsFor(rooms: readonly string[]): Record<string, string> {
    const { host, log, nsp, users } = this.adapter;
    const user = users.get(this.socket.id) ?? null;
    const expiresAt = host.storeNow() + host.options.historyMs * 2;
    const named = rooms.filter((room) => room !== this.socket.id && userOfRoom(room) === undefined);
    return Object.fromEntries(
      named.map((room) => [room, host.tickets.issue({ nsp: nsp.name, user, room }, log.position.offset, expiresAt)]),
    );
  }
}
