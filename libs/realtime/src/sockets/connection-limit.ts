import type { Socket } from 'socket.io';
import { ConnectionRefusedError } from '../realtime.errors.js';
import type { Roster } from '../presence/roster.js';
import { roomOfSockets } from './rooms.js';

/**
 * How many sockets a user may have in the whole cluster. Counted in the store, as a room with the socket ids; while the
 * store is away, the sockets of this replica count. Replicas that admit at the same instant may exceed it by one each.
 */
export class ConnectionLimit {
  /** One after the other for each user, or ten at once would all find room. */
  private readonly turns = new Map<string, Promise<void>>();

  constructor(
    private readonly roster: Roster,
    private readonly max: number,
  ) {}

  /** @throws ConnectionRefusedError when the user has too many */
  async admit(user: string, socket: Socket): Promise<void> {
    const turn = (this.turns.get(user) ?? Promise.resolve()).then(() => this.count(user, socket));
    const settled = turn.catch(() => undefined);
    this.turns.set(user, settled);
    void settled.then(() => this.turns.get(user) === settled && this.turns.delete(user));
    return turn;
  }

  private async count(user: string, socket: Socket): Promise<void> {
    const room = roomOfSockets(user);
    await this.roster.settled();
    const sockets = await this.roster.users(room).catch(() => this.roster.localUsers(room));
    if (sockets.length >= this.max)
      throw new ConnectionRefusedError(
        'ROOKERY_TOO_MANY_SOCKETS',
        `You have ${this.max} connections already; close one.`,
      );
    this.roster.enter(room, socket.id);
    const leave = () => this.roster.leave(room, socket.id, 0);
    // A middleware of the app may still refuse the socket; then it never disconnects, its connection just ends.
    socket.conn.once('close', leave);
    socket.once('disconnect', leave);
    await this.roster.settled();
  }
}
