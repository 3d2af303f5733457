import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { checkMs, reason, withDeadline, type Bus, type DrainRegistry, type Unsubscribe } from '@rookery/core';
import type { RegistryOptions } from '../cluster.options.js';
import type { RegistryDriver, RegistryView } from '../registry.driver.js';
import type { Replica, ReplicaState } from './replica.js';
import type { SelfPortrait } from './self-portrait.js';

const CHANGED = 'cluster:replicas';

/** Called with the replica that came or went. */
export type ReplicaListener = (replica: Replica) => void;

/** Tells the cluster that this replica lives, and learns who else does. */
export class ReplicaRegistry implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('ReplicaRegistry');
  private readonly heartbeatMs: number;
  private readonly goneAfterMs: number;
  private readonly listeners = { join: new Set<ReplicaListener>(), leave: new Set<ReplicaListener>() };
  private known = new Map<string, Replica>();
  private timer: NodeJS.Timeout | undefined;
  private unsubscribe: Unsubscribe | undefined;
  private failing = false;
  private left = false;

  constructor(
    private readonly driver: RegistryDriver,
    private readonly bus: Bus,
    private readonly portrait: SelfPortrait,
    drain: DrainRegistry,
    options: RegistryOptions = {},
  ) {
    this.heartbeatMs = checkMs('registry.heartbeatMs', options.heartbeatMs ?? 2_000, 100);
    this.goneAfterMs = checkMs('registry.goneAfterMs', options.goneAfterMs ?? 3 * this.heartbeatMs, this.heartbeatMs);
    drain.register('intake', 'replica registry', () => this.announce('draining'));
  }

  /** Who was there at the last heartbeat, this replica included. Never waits. */
  get view(): Replica[] {
    return [...this.known.values()];
  }

  /** The last view, with this replica as it is this very moment. */
  get self(): Replica {
    return this.portrait.draw();
  }

  async onModuleInit(): Promise<void> {
    await this.driver.open();
    this.unsubscribe = await this.bus.subscribe(CHANGED, () => void this.refresh(), {
      onGap: () => void this.refresh(),
    });
    await this.beat();
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.announce('ready');
  }

  async onApplicationShutdown(): Promise<void> {
    if (!this.unsubscribe) return;
    this.left = true;
    clearTimeout(this.timer);
    const id = this.portrait.identity.id;
    // When the store does not answer, the record ends there by itself.
    await withDeadline('Leaving the replica registry', this.driver.leave(id)).catch(() => undefined);
    await this.bus.publish(CHANGED, id).catch(() => undefined);
    await this.unsubscribe();
    this.unsubscribe = undefined;
    await this.driver.close();
  }

  /** Asks the store. @throws when it does not answer */
  async list(): Promise<Replica[]> {
    this.take(await withDeadline('Listing the replicas', this.driver.list()));
    return this.view;
  }

  on(event: 'join' | 'leave', listener: ReplicaListener): () => void {
    this.listeners[event].add(listener);
    return () => void this.listeners[event].delete(listener);
  }

  /** Changes this replica's state and lets the others know now. */
  async announce(state: ReplicaState): Promise<void> {
    this.portrait.state = state;
    await this.beat();
    await this.bus.publish(CHANGED, this.portrait.identity.id).catch(() => undefined);
  }

  private async beat(): Promise<void> {
    clearTimeout(this.timer);
    if (this.left) return;
    try {
      const asked = Date.now();
      const work = this.driver.beat(this.portrait.draw(), this.goneAfterMs);
      const view = await withDeadline('The heartbeat', work, { deadlineMs: this.heartbeatMs });
      this.portrait.clockSkewMs = Math.round((asked + Date.now()) / 2 - view.storeTime);
      this.take(view);
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.logger.warn(`The store does not take heartbeats: ${reason(error)}`);
      this.failing = true;
    }
    clearTimeout(this.timer);
    if (!this.left) this.timer = setTimeout(() => void this.beat(), this.heartbeatMs).unref();
  }

  private async refresh(): Promise<void> {
    if (!this.left) await this.list().catch(() => undefined);
  }

  private take({ replicas }: RegistryView): void {
    const before = this.known;
    this.known = new Map(replicas.map((replica) => [replica.id, replica]));
    const own = this.portrait.identity.id;
    for (const [id, replica] of this.known) if (id !== own && !before.has(id)) this.tell('join', replica);
    for (const [id, replica] of before) if (id !== own && !this.known.has(id)) this.tell('leave', replica);
  }

  private tell(event: 'join' | 'leave', replica: Replica): void {
    for (const listener of this.listeners[event]) {
      try {
        listener(replica);
      } catch (error) {
        this.logger.error(`A listener for replicas that ${event} threw: ${reason(error)}`);
      }
    }
  }
}
