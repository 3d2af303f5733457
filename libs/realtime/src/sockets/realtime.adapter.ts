import { traced, type TraceCarrier, type Unsubscribe } from '@rookery/core';
import type { Namespace } from 'socket.io';
import {
  ClusterAdapterWithHeartbeat,
  type BroadcastOptions,
  type ClusterMessage,
  type ClusterResponse,
} from 'socket.io-adapter';
import type { Stamp } from '../client/protocol.js';
import { formatControl, formatEvent, parseBody, type EventBody } from '../log/body.js';
import { NamespaceLog, type LogListener } from '../log/namespace-log.js';
import { Roster } from '../presence/roster.js';
import { MessageTooLargeError } from '../realtime.errors.js';
import { checkJoin } from './admission.js';
import { EVENT, LocalDelivery, type EventPacket } from './local-delivery.js';
import type { RealtimeHost } from './realtime-host.js';
import { EVERYBODY } from './rooms.js';
import type { Session } from './session.js';
import { SlowClients } from './slow-clients.js';

/** Short, so that fetchSockets, which gives up after 5 s, does not wait for a replica that died. */
const HEARTBEAT = { heartbeatInterval: 1_000, heartbeatTimeout: 3_500 };

/**
 * Makes one socket.io namespace span all replicas. Requests between replicas are socket.io's own; events go to the
 * sockets here at once, and to those elsewhere through the log.
 */
export class RealtimeAdapter extends ClusterAdapterWithHeartbeat {
  declare readonly nsp: Namespace;
  readonly log: NamespaceLog;
  readonly roster: Roster;
  readonly delivery: LocalDelivery;
  /** The clients that keep track, by socket id. */
  readonly sessions = new Map<string, Session>();
  /** Users by socket id. */
  readonly users = new Map<string, string>();
  private seq = 0;
  private inbox: Promise<Unsubscribe | undefined> = Promise.resolve(undefined);

  constructor(
    nsp: Namespace,
    readonly host: RealtimeHost,
  ) {
    super(nsp, HEARTBEAT);
    const { options, driver, bus, opened, replica } = host;
    const { maxQueued, historySize, presenceTtlMs: ttlMs, presenceGraceMs: graceMs } = options;
    const isLogged = historySize > 0;
    this.log = new NamespaceLog(nsp.name, this.uid, driver, bus, this.listener(), { maxQueued, isLogged, opened });
    this.roster = new Roster(driver.presence, bus, {
      nsp: nsp.name,
      replica: `${replica}.${this.uid}`,
      ttlMs,
      graceMs,
      onChange: (change) => host.onPresence(nsp.name, change),
    });
    this.delivery = new LocalDelivery(this, this.sessions, new SlowClients(host).drop);
  }

  override init(): void {
    this.inbox = this.log.ready
      .then(() => this.host.bus.subscribe(this.inboxOf(this.uid), (text) => this.onAnswer(text)))
      .catch(() => undefined);
    if (this.usesRoster) this.log.ready.then(() => this.roster.open()).catch(() => undefined);
    super.init();
  }

  override async close(): Promise<void> {
    super.close();
    await this.log.close(AbortSignal.timeout(2_000));
    if (this.usesRoster) await this.roster.close();
    await (
      await this.inbox
    )?.();
  }

  /**
   * To the sockets here at once. Resolves when the store has it, and every other replica will.
   *
   * @throws MessageTooLargeError at once; rejects with BackplaneOverflowError
   */
  override broadcast(packet: EventPacket, opts: BroadcastOptions): Promise<void> {
    const rooms = [...opts.rooms];
    const isOneSocket = rooms.length === 1 && this.sids.has(rooms[0]);
    if (opts.flags?.local || isOneSocket) {
      this.delivery.send(packet, opts);
      return Promise.resolve();
    }
    const carrier = {};
    const context = { namespace: this.nsp.name, room: rooms.join(','), event: packet.data[0], carrier };
    const sent = traced('realtime:publish', context, () => this.append(packet, opts, rooms, carrier));
    // socket.io does not wait for it.
    sent.catch(() => undefined);
    return sent;
  }

  private append(packet: EventPacket, opts: BroadcastOptions, rooms: string[], carrier: TraceCarrier): Promise<void> {
    const seq = ++this.seq;
    const { volatile = false } = opts.flags ?? {};
    const trace = Object.keys(carrier).length > 0 ? carrier : undefined;
    const body = formatEvent({ seq, rooms, except: [...(opts.except ?? [])], data: packet.data, trace });
    const { maxMessageBytes, historySize } = this.host.options;
    const bytes = Buffer.byteLength(body);
    if (bytes > maxMessageBytes) throw new MessageTooLargeError(bytes, maxMessageBytes);
    const isKept = packet.type === EVENT && !volatile && historySize > 0;
    this.delivery.send(packet, opts, isKept ? this.stamp(this.uid, seq) : undefined);
    if (volatile && !this.log.connected) return Promise.resolve();
    return this.log.publish({ seq, rooms: isKept ? historiesOf(rooms) : [], body });
  }

  override addAll(id: string, rooms: Set<string>): Promise<void> | void {
    const known = this.sids.get(id);
    const fresh = [...rooms].filter((room) => room !== id && !known?.has(room));
    if (fresh.length === 0) return super.addAll(id, rooms);
    const verdict = checkJoin(this.host.options, this.nsp.sockets.get(id), this.users.get(id) ?? null, fresh);
    if (!verdict) return this.admit(id, rooms, fresh);
    const joined = verdict.then(() => this.admit(id, rooms, fresh));
    // Whoever awaits the join learns of a refusal; whoever does not must not end the process.
    joined.catch(() => undefined);
    return joined;
  }

  /** Joins without asking. */
  admit(id: string, rooms: Set<string>, fresh: readonly string[] = [...rooms]): void {
    if (!this.nsp.sockets.has(id)) return;
    void super.addAll(id, rooms);
    this.sessions.get(id)?.joined(fresh);
    const user = this.users.get(id);
    if (user !== undefined && this.host.options.presence) for (const room of fresh) this.roster.enter(room, user);
  }

  override del(id: string, room: string): void {
    if (!this.sids.get(id)?.has(room)) return;
    void super.del(id, room);
    this.sessions.get(id)?.left(room);
    const user = this.users.get(id);
    if (user !== undefined) this.roster.leave(room, user, 0);
  }

  override delAll(id: string): void {
    const user = this.users.get(id);
    if (user !== undefined) for (const room of this.sids.get(id) ?? []) this.roster.leave(room, user);
    super.delAll(id);
    this.users.delete(id);
    this.sessions.delete(id);
  }

  stamp(publisher: string, seq: number, offset = this.log.position.offset): Stamp {
    return [this.log.position.epoch, offset, publisher, seq];
  }

  private get usesRoster(): boolean {
    const { presence, maxSocketsPerUser } = this.host.options;
    return presence || maxSocketsPerUser < Infinity;
  }

  get publisher(): string {
    return this.uid;
  }

  /** What adapters ask each other. A local effect follows, so this waits for nothing. */
  protected override async doPublish(control: ClusterMessage): Promise<string> {
    const seq = ++this.seq;
    this.log.publish({ seq, rooms: [], body: formatControl({ seq, control }) }).catch(() => undefined);
    return '';
  }

  protected override async doPublishResponse(requester: string, response: ClusterResponse): Promise<void> {
    const control = response as unknown as ClusterMessage;
    await this.host.bus.publish(this.inboxOf(requester), formatControl({ seq: 0, control }));
  }

  private onAnswer(text: string): void {
    const body = parseBody(JSON.parse(text));
    if ('control' in body) this.onResponse(body.control as unknown as ClusterResponse);
  }

  private listener(): LogListener {
    return {
      rooms: () => [EVERYBODY, ...this.rooms.keys()],
      onEntry: (value, publisher) => {
        const body = parseBody(value);
        if ('control' in body) return this.onMessage(body.control);
        this.deliver(body, this.stamp(publisher, body.seq));
      },
      onLoss: (rooms) => {
        const lost = rooms && new Set(rooms);
        for (const session of this.sessions.values())
          if (!lost || lost.has(EVERYBODY) || [...session.socket.rooms].some((room) => lost.has(room)))
            session.tellLoss(this.log.position);
      },
    };
  }

  /** What another replica has published. */
  private deliver({ rooms, except, data, trace }: EventBody, stamp: Stamp): void {
    const opts = { rooms: new Set(rooms), except: new Set(except) };
    const deliver = () => this.delivery.send({ type: EVENT, data }, opts, stamp);
    if (!trace) return deliver();
    const context = { namespace: this.nsp.name, room: rooms.join(','), event: data[0], carrier: trace };
    traced('realtime:deliver', context, async () => deliver()).catch(() => undefined);
  }

  private inboxOf(uid: string): string {
    return `realtime:${this.nsp.name}:${uid}`;
  }
}

const historiesOf = (rooms: string[]) => (rooms.length === 0 ? [EVERYBODY] : rooms);
