import type { MemoryBackend } from '@rookery/core';
import { RESERVED_MS, type LockAnswer, type LockDriver, type LockGrant, type LockRecord } from '../../lock.driver.js';
import { modeOf, ruleOf } from '../../lock-rule.js';
import { LockState } from './lock-state.js';

type Refusal = { status: 'busy' } | { status: 'mismatch'; key: string; inUse: string } | { status: 'deadlock' };

interface Store {
  states: Map<string, LockState>;
  lastToken: number;
}

/** Locks in the memory of one process. */
export class MemoryLockDriver implements LockDriver {
  readonly inOrder = true;
  private readonly store: Store;

  constructor(backend: MemoryBackend) {
    this.store = backend.shared('lock', () => ({ states: new Map<string, LockState>(), lastToken: 0 }));
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}

  async acquire(grant: LockGrant, waitedMs?: number): Promise<LockAnswer> {
    const wake: string[] = [];
    for (const [index, key] of grant.keys.entries()) {
      const refusal = this.enter(key, grant, waitedMs ?? 0, wake);
      if (!refusal) continue;
      if (refusal.status !== 'busy' || waitedMs === undefined) {
        this.state(key).leaveLine(grant.owner);
        wake.push(...this.leave(grant.keys.slice(0, index), grant.owner).wake);
      }
      return this.forget(grant.keys, { ...refusal, wake });
    }
    const token = (this.store.lastToken = Math.max(this.store.lastToken + 1, Date.now() * 1000));
    for (const key of grant.keys) this.state(key).enter(grant.owner, ruleOf(grant), grant.weight, grant.ttlMs, token);
    return { status: 'granted', token, wake };
  }

  async extend(grant: LockGrant, heir = grant.owner): Promise<boolean> {
    const { keys, owner, ttlMs, weight } = grant;
    const rule = ruleOf(grant);
    if (!keys.every((key) => this.state(key).holds(owner, rule))) return this.forget(keys, false);
    for (const key of keys) {
      const { members } = this.state(key);
      const { token } = members.get(owner)!;
      members.delete(owner);
      this.state(key).enter(heir, rule, weight, ttlMs, token);
    }
    return true;
  }

  async release({ keys, owner }: LockGrant): Promise<{ released: boolean; wake: string[] }> {
    const outcome = this.leave(keys, owner);
    return this.forget(keys, outcome);
  }

  async inspect(key: string): Promise<LockRecord | null> {
    const state = this.store.states.get(key);
    if (!state || state.free) return null;
    const holders = [...state.members].map(([owner, { weight, token }]) => {
      return { owner, weight, token, expiresInMs: state.remainingMs(owner) };
    });
    return { key, ...modeOf(state.rule), holders, waiters: state.waiters };
  }

  async list(prefix: string, limit: number): Promise<string[]> {
    const held = [...this.store.states].filter(([key, state]) => key.startsWith(prefix) && !state.free);
    return held
      .map(([key]) => key)
      .sort()
      .slice(0, limit);
  }

  /** Undefined when the owner is in. */
  private enter(key: string, grant: LockGrant, waitedMs: number, wake: string[]): Refusal | undefined {
    const { owner, weight } = grant;
    const rule = ruleOf(grant);
    const state = this.state(key);
    if (state.mismatches(rule)) return { status: 'mismatch', key, inUse: state.rule };
    if (state.deadlocks(owner, rule)) return { status: 'deadlock' };
    if (!state.holds(owner, rule)) {
      state.queue(owner, rule, weight, waitedMs);
      wake.push(...state.serve().filter((other) => other !== owner));
    }
    if (!state.holds(owner, rule)) return { status: 'busy' };
    state.enter(owner, rule, weight, Math.max(RESERVED_MS, state.remainingMs(owner)));
    return undefined;
  }

  private leave(keys: readonly string[], owner: string): { released: boolean; wake: string[] } {
    const states = keys.map((key) => this.state(key));
    const released = states.every((state) => state.holds(owner));
    const wake = states.flatMap((state) => {
      state.leaveLine(owner);
      state.members.delete(owner);
      return state.serve();
    });
    return { released, wake };
  }

  private state(key: string): LockState {
    const state = this.store.states.get(key) ?? new LockState();
    this.store.states.set(key, state);
    return state;
  }

  /** Keeps the memory of keys that nobody uses from growing. */
  private forget<T>(keys: readonly string[], result?: T): T {
    for (const key of keys) if (this.store.states.get(key)?.abandoned) this.store.states.delete(key);
    return result as T;
  }
}
