import { Emission, type AnyEvents, type EventMap } from './emission.js';
import type { RealtimeAdapter } from './realtime.adapter.js';
import type { RealtimeServers } from './realtime-servers.js';
import { checkRoom, roomOfUser } from './rooms.js';

/** One socket.io namespace, in the whole cluster. */
export class RealtimeNamespace<Events extends EventMap = AnyEvents> {
  constructor(
    private readonly servers: RealtimeServers,
    /** @example '/chat' */
    readonly name: string,
  ) {}

  /** Everybody in at least one of the rooms, once. @throws RoomRefusedError for a name that cannot be a room's */
  toRoom(...rooms: string[]): Emission<Events> {
    rooms.forEach(checkRoom);
    return this.to(rooms);
  }

  /** Every socket of the users, on whatever replica. */
  toUser(...users: string[]): Emission<Events> {
    return this.to(users.map(roomOfUser));
  }

  /** Every socket of the namespace. */
  toAll(): Emission<Events> {
    return this.to([]);
  }

  /** The users in a room, each once, on whatever replicas. @throws when the store fails */
  presence(room: string): Promise<string[]> {
    checkRoom(room);
    return this.adapter.roster.users(room);
  }

  /** Whether the user has a socket anywhere. @throws when the store fails */
  async isOnline(user: string): Promise<boolean> {
    return (await this.adapter.roster.users(roomOfUser(user))).length > 0;
  }

  /** Closes all sockets of a user, on every replica. Their clients do not come back by themselves. */
  disconnectUser(user: string): void {
    this.servers.namespace(this.name).in(roomOfUser(user)).disconnectSockets(true);
  }

  private to(rooms: string[]): Emission<Events> {
    return new Emission<Events>(() => this.servers.namespace(this.name), rooms);
  }

  private get adapter(): RealtimeAdapter {
    return this.servers.namespace(this.name).adapter as RealtimeAdapter;
  }
}
