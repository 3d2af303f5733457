import { sleep, withDeadline, type Bus, type Unsubscribe } from '@rookery/core';
import type { Presence, PresenceDriver } from '../realtime.driver.js';

/** Somebody appeared in a room, or is gone from it, in the whole cluster. */
export interface PresenceChange extends Presence {
  type: 'enter' | 'leave';
}

interface RosterOptions {
  nsp: string;
  replica: string;
  ttlMs: number;
  graceMs: number;
  onChange: (change: PresenceChange) => void;
}

const MAX_BATCH = 500;
/** A rush of sockets, as after a deploy, is put down in few steps; a single one at once. */
const GATHER_MS = 30;

/**
 * The users of this replica's sockets, room by room, and their counterpart in the store. What is here is the truth: when
 * the store was away or forgot us, it is all put down again.
 */
export class Roster {
  private readonly counts = new Map<string, Map<string, number>>();
  private readonly leaving = new Map<string, NodeJS.Timeout>();
  private queue: PresenceChange[] = [];
  private running: Promise<void> | undefined;
  private writtenAt = -Infinity;
  private outdated = false;
  private generation = 0;
  private isKnown = false;
  private tellKnown: () => void;
  private readonly known = new Promise<void>((resolve) => (this.tellKnown = resolve));
  private closed = false;
  private timer: NodeJS.Timeout | undefined;
  private unsubscribe: Unsubscribe | undefined;

  constructor(
    private readonly driver: PresenceDriver,
    private readonly bus: Bus,
    private readonly options: RosterOptions,
  ) {}

  /** What we wrote under an older name, and could not take back, ends with that name. */
  private get replica(): string {
    return `${this.options.replica}.${this.generation}`;
  }

  private get channel(): string {
    return `realtime-presence:${this.options.nsp}`;
  }

  async open(): Promise<void> {
    this.timer = setInterval(() => void this.renew().catch(() => undefined), this.options.ttlMs / 3).unref();
    await this.renew();
  }

  enter(room: string, user: string): void {
    const users = this.counts.get(room) ?? new Map<string, number>();
    this.counts.set(room, users);
    const count = users.get(user) ?? 0;
    users.set(user, count + 1);
    if (count > 0 || this.cancelLeave(room, user)) return;
    this.enqueue({ type: 'enter', room, user });
  }

  /** @param graceMs how long the user may take to come back before it counts */
  leave(room: string, user: string, graceMs = this.options.graceMs): void {
    const users = this.counts.get(room);
    const count = users?.get(user) ?? 0;
    if (!users || count === 0) return;
    if (count > 1) {
      users.set(user, count - 1);
      return;
    }
    users.delete(user);
    if (users.size === 0) this.counts.delete(room);
    const leave = () => {
      this.leaving.delete(key(room, user));
      this.enqueue({ type: 'leave', room, user });
    };
    if (graceMs === 0) leave();
    else if (!this.closed) this.leaving.set(key(room, user), setTimeout(leave, graceMs).unref());
  }

  users(room: string): Promise<string[]> {
    return withDeadline(`Reading who is in "${room}"`, this.driver.users(this.options.nsp, room));
  }

  /** Waits until the store knows what happened so far, or does not answer. */
  async settled(): Promise<void> {
    await withDeadline('The first contact with the presence', this.known).catch(() => undefined);
    await this.running;
  }

  /** Users here, without asking the store. */
  localUsers(room: string): string[] {
    return [...(this.counts.get(room)?.keys() ?? [])];
  }

  /**
   * Leaves the users in place for the grace time, in which they come back elsewhere; whoever does not is swept by
   * another replica.
   */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    for (const timer of this.leaving.values()) clearTimeout(timer);
    await this.running;
    const { nsp, graceMs } = this.options;
    const renewal = this.driver.renew(nsp, this.replica, Math.max(graceMs, 1));
    await withDeadline('Leaving the presence', renewal).catch(() => undefined);
    await this.unsubscribe?.();
  }

  private cancelLeave(room: string, user: string): boolean {
    clearTimeout(this.leaving.get(key(room, user)));
    return this.leaving.delete(key(room, user));
  }

  private enqueue(change: PresenceChange): void {
    if (this.closed) return;
    this.queue.push(change);
    this.start();
  }

  private start(): void {
    this.running ??= Promise.resolve().then(() => this.run());
  }

  private async run(): Promise<void> {
    // Others see nobody on a replica that has never renewed itself.
    while (this.queue.length > 0 && this.isKnown) {
      const early = this.writtenAt + GATHER_MS - performance.now();
      if (early > 0) await sleep(early);
      const [{ type }] = this.queue;
      const end = this.queue.findIndex((change, index) => change.type !== type || index === MAX_BATCH);
      const batch = this.queue.splice(0, end < 0 ? this.queue.length : end);
      await this.write(type, batch).catch(() => (this.outdated = true));
      this.writtenAt = performance.now();
    }
    this.running = undefined;
  }

  private async write(type: PresenceChange['type'], presences: Presence[]): Promise<void> {
    const { nsp } = this.options;
    const changed = await withDeadline('Writing the presence', this.driver[type](nsp, this.replica, presences));
    await this.announce(changed.map(({ room, user }) => ({ type, room, user })));
  }

  private async announce(changes: PresenceChange[]): Promise<void> {
    for (let start = 0; start < changes.length; start += MAX_BATCH)
      await this.bus.publish(this.channel, JSON.stringify(changes.slice(start, start + MAX_BATCH)));
  }

  private async renew(): Promise<void> {
    const { nsp, ttlMs } = this.options;
    this.unsubscribe ??= await this.bus.subscribe(this.channel, (text) => this.onAnnounced(text));
    if (this.outdated) this.generation++;
    const known = await withDeadline('Renewing the presence', this.driver.renew(nsp, this.replica, ttlMs));
    this.outdated = false;
    this.isKnown = true;
    this.tellKnown();
    if (known) this.start();
    else this.enterAll();
    const gone = await withDeadline('Sweeping the presence', this.driver.sweepReplicas(nsp));
    await this.announce(gone.map(({ room, user }) => ({ type: 'leave', room, user })));
  }

  private onAnnounced(text: string): void {
    for (const change of JSON.parse(text) as PresenceChange[]) this.options.onChange(change);
  }

  private enterAll(): void {
    this.queue = [];
    for (const [room, users] of this.counts)
      for (const user of users.keys()) this.enqueue({ type: 'enter', room, user });
  }
}

const key = (room: string, user: string) => JSON.stringify([room, user]);
