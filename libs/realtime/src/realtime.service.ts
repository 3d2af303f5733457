import { randomBytes } from 'node:crypto';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ReplicaIdentity, withDeadline, type Backend, type DrainRegistry } from '@rookery/core';
import type { Server } from 'socket.io';
import type { PresenceChange } from './presence/roster.js';
import type { RealtimeDriver } from './realtime.driver.js';
import { checkedOptions, type CheckedOptions, type RealtimeModuleOptions } from './realtime.options.js';
import { drainSockets } from './sockets/drain.js';
import { type AnyEvents, type Emission, type EventMap } from './sockets/emission.js';
import { RealtimeNamespace } from './sockets/realtime-namespace.js';
import { RealtimeServers } from './sockets/realtime-servers.js';
import { isOwn, userOfRoom } from './sockets/rooms.js';
import { StoreClock } from './sockets/store-clock.js';
import { Tickets } from './sockets/tickets.js';

/** Whether messages reach the other replicas. */
export interface RealtimeStatus {
  /** False while the store is away; sockets of this replica still get at once what is sent here. */
  connected: boolean;
  /** Messages that wait for the store. */
  queued: number;
  /** Sockets of this replica. */
  sockets: number;
}

/** A room, as this replica knows it. */
export interface RoomInfo {
  /** The socket.io namespace. */
  namespace: string;
  room: string;
  /** Sockets of this replica in it. */
  sockets: number;
}

/** A user entered a room anywhere in the cluster, or left its last one there. */
export interface PresenceEvent {
  type: 'enter' | 'leave';
  user: string;
  /** None when the user came online, or went offline. */
  room?: string;
  /** The socket.io namespace. */
  namespace: string;
}

const SWEEP_EVERY_MS = 30_000;

/**
 * Reaches sockets wherever they are connected, from any provider, job or worker, also in a process without HTTP.
 *
 * @example
 * realtime.toRoom(`plan:${plan.id}`).emit('price', plan.amount);
 * await realtime.toUser(user.id).emit('renewed', subscription);
 * realtime.toRoom('feed').emitAfterCommit(manager, 'subscribed', subscription);
 */
@Injectable()
export class RealtimeService implements OnModuleInit, OnApplicationShutdown {
  /** The socket.io servers of this process. */
  readonly servers: RealtimeServers;
  readonly options: CheckedOptions;
  private readonly logger = new Logger(RealtimeService.name);
  private readonly clock = new StoreClock();
  private readonly listeners = new Set<(event: PresenceEvent) => void>();
  private isOpen: () => void;
  private timers: NodeJS.Timeout[] = [];
  private tickets: Tickets | undefined;
  private isDraining = false;

  constructor(
    private readonly driver: RealtimeDriver,
    private readonly backend: Backend,
    options: RealtimeModuleOptions = {},
    identity: ReplicaIdentity = new ReplicaIdentity(),
    drain?: DrainRegistry,
  ) {
    this.options = checkedOptions(options);
    const tickets = () => this.tickets!;
    const opened = new Promise<void>((resolve) => (this.isOpen = resolve));
    this.servers = new RealtimeServers({
      driver,
      bus: backend.bus,
      options: this.options,
      replica: identity.id,
      opened,
      get tickets() {
        return tickets();
      },
      storeNow: () => this.clock.now(),
      onPresence: (namespace, change) => this.onPresenceChange(namespace, change),
      warn: (message) => this.logger.warn(message),
    });
    drain?.register('sockets', 'realtime', (budget) => this.drain(budget));
  }

  async onModuleInit(): Promise<void> {
    await this.driver.open();
    this.clock.set(await this.backend.now());
    const proposal = this.options.secret ?? randomBytes(32).toString('base64url');
    this.tickets = new Tickets(this.options.secret ?? (await withDeadline('The secret', this.driver.secret(proposal))));
    this.every(this.options.historyMs / 2, () => this.refresh());
    this.every(SWEEP_EVERY_MS, () => this.sweep());
    this.isOpen();
  }

  async onApplicationShutdown(): Promise<void> {
    this.timers.forEach(clearInterval);
    await this.servers.close();
    if (this.tickets) await this.driver.close();
    this.tickets = undefined;
  }

  /** Another socket.io namespace than `/`. */
  of<Events extends EventMap = AnyEvents>(namespace: string): RealtimeNamespace<Events> {
    return new RealtimeNamespace<Events>(this.servers, namespace);
  }

  /** Everybody in at least one of the rooms, once. @throws RoomRefusedError for a name that cannot be a room's */
  toRoom<Events extends EventMap = AnyEvents>(...rooms: string[]): Emission<Events> {
    return this.of<Events>('/').toRoom(...rooms);
  }

  /** Every socket of the users, on whatever replica. */
  toUser<Events extends EventMap = AnyEvents>(...users: string[]): Emission<Events> {
    return this.of<Events>('/').toUser(...users);
  }

  /** Every socket of the namespace. */
  toAll<Events extends EventMap = AnyEvents>(): Emission<Events> {
    return this.of<Events>('/').toAll();
  }

  /** The users in a room, each once, on whatever replicas. @throws when the store fails */
  presence(room: string): Promise<string[]> {
    return this.of('/').presence(room);
  }

  /** Whether the user has a socket anywhere. @throws when the store fails */
  isOnline(user: string): Promise<boolean> {
    return this.of('/').isOnline(user);
  }

  /** Closes all sockets of a user, on every replica. Their clients do not come back by themselves. */
  disconnectUser(user: string): void {
    this.of('/').disconnectUser(user);
  }

  /** Calls back whenever a user enters or leaves a room; on every replica. Answers how to stop that. */
  onPresence(listener: (event: PresenceEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Whether the backplane works, for health checks. */
  status(): RealtimeStatus {
    const adapters = this.servers.adapters();
    return {
      connected: adapters.every(({ log }) => log.connected),
      queued: adapters.reduce((sum, { log }) => sum + log.outbox.size, 0),
      sockets: adapters.reduce((sum, { nsp }) => sum + nsp.sockets.size, 0),
    };
  }

  /** The app's rooms that sockets of this replica are in, the fullest first. Who is in one: `of(namespace).presence(room)`. */
  rooms(limit = 100): RoomInfo[] {
    const all = this.servers
      .adapters()
      .flatMap(({ nsp, rooms, sids }) =>
        [...rooms].flatMap(([room, { size }]) =>
          isOwn(room) || sids.has(room) ? [] : [{ namespace: nsp.name, room, sockets: size }],
        ),
      );
    return all.sort((a, b) => b.sockets - a.sockets || a.room.localeCompare(b.room)).slice(0, limit);
  }

  /** False once this replica is leaving: new sockets are sent away, and come back elsewhere. */
  get accepting(): boolean {
    return !this.isDraining;
  }

  /** Asks the sockets of this replica to go elsewhere. ClusterModule calls it when the replica drains. */
  async drain(budget: AbortSignal): Promise<void> {
    this.isDraining = true;
    await drainSockets(this.servers.adapters(), this.options.drainSpreadMs, budget);
  }

  /** Takes over a socket.io server that was made with `servers.adapter`. */
  attach(server: Server): void {
    this.servers.attach(server);
  }

  private async refresh(): Promise<void> {
    this.clock.set(await this.backend.now());
    for (const { sessions } of this.servers.adapters()) for (const session of sessions.values()) session.refresh();
  }

  private async sweep(): Promise<void> {
    for (const { nsp } of this.servers.adapters()) await this.driver.sweep(nsp.name);
  }

  private every(ms: number, work: () => Promise<void>): void {
    const timer = setInterval(() => void work().catch(() => undefined), ms);
    this.timers.push(timer.unref());
  }

  private onPresenceChange(namespace: string, { type, room, user }: PresenceChange): void {
    const isUsers = userOfRoom(room) !== undefined;
    if (isOwn(room) && !isUsers) return;
    const event = { type, user, namespace, ...(isUsers ? {} : { room }) };
    for (const listener of this.listeners) listener(event);
  }
}
