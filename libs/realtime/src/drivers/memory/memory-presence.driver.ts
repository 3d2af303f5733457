import type { MemoryBackend } from '@rookery/core';
import type { Presence, PresenceDriver } from '../../realtime.driver.js';

interface Replica {
  expiresAt: number;
  rooms: Map<string, Set<string>>;
}

/** Presence in the memory of one process. */
export class MemoryPresenceDriver implements PresenceDriver {
  private readonly namespaces: Map<string, Map<string, Replica>>;

  constructor(backend: MemoryBackend) {
    this.namespaces = backend.shared('realtime-presence', () => new Map<string, Map<string, Replica>>());
  }

  async enter(nsp: string, replica: string, presences: readonly Presence[]): Promise<Presence[]> {
    return presences.filter(({ room, user }) => {
      const { rooms } = this.replica(nsp, replica);
      const users = rooms.get(room) ?? new Set();
      rooms.set(room, users);
      const isNew = !users.has(user) && !this.isElsewhere(nsp, replica, room, user);
      users.add(user);
      return isNew;
    });
  }

  async leave(nsp: string, replica: string, presences: readonly Presence[]): Promise<Presence[]> {
    return presences.filter(({ room, user }) => {
      const { rooms } = this.replica(nsp, replica);
      const removed = rooms.get(room)?.delete(user) ?? false;
      if (rooms.get(room)?.size === 0) rooms.delete(room);
      return removed && !this.isElsewhere(nsp, replica, room, user);
    });
  }

  async users(nsp: string, room: string): Promise<string[]> {
    return [...new Set(this.living(nsp).flatMap(([, { rooms }]) => [...(rooms.get(room) ?? [])]))];
  }

  async renew(nsp: string, replica: string, ttlMs: number): Promise<boolean> {
    const entry = this.replica(nsp, replica);
    const known = entry.expiresAt > 0;
    entry.expiresAt = performance.now() + ttlMs;
    return known;
  }

  async sweepReplicas(nsp: string): Promise<Presence[]> {
    const replicas = this.all(nsp);
    const gone: Presence[] = [];
    for (const [name, { expiresAt, rooms }] of replicas) {
      if (expiresAt === 0 || expiresAt > performance.now()) continue;
      replicas.delete(name);
      for (const [room, users] of rooms)
        for (const user of users) if (!this.isElsewhere(nsp, name, room, user)) gone.push({ room, user });
    }
    return gone;
  }

  private all(nsp: string): Map<string, Replica> {
    const replicas = this.namespaces.get(nsp) ?? new Map<string, Replica>();
    this.namespaces.set(nsp, replicas);
    return replicas;
  }

  private replica(nsp: string, name: string): Replica {
    const known = this.all(nsp).get(name) ?? { expiresAt: 0, rooms: new Map() };
    this.all(nsp).set(name, known);
    return known;
  }

  private living(nsp: string): [string, Replica][] {
    return [...this.all(nsp)].filter(([, { expiresAt }]) => expiresAt > performance.now());
  }

  private isElsewhere(nsp: string, replica: string, room: string, user: string): boolean {
    return this.living(nsp).some(([name, { rooms }]) => name !== replica && rooms.get(room)?.has(user));
  }
}
