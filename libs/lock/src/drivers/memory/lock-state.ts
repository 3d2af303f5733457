import { PATIENCE_MS, RESERVED_MS } from '../../lock.driver.js';

interface Member {
  weight: number;
  token: number;
  endsAt: number;
}

interface Waiter {
  rule: string;
  weight: number;
  arrivedAt: number;
  seenAt: number;
}

/** One key: who is in, who waits, and the rule by which the next may come in. The other drivers' scripts do the same. */
export class LockState {
  rule = '';
  readonly members = new Map<string, Member>();
  private readonly line = new Map<string, Waiter>();

  get waiters(): number {
    return this.line.size;
  }

  get free(): boolean {
    this.dropEnded();
    return this.members.size === 0;
  }

  get abandoned(): boolean {
    return this.free && this.line.size === 0;
  }

  holds(owner: string, rule = this.rule): boolean {
    this.dropEnded();
    return this.rule === rule && this.members.has(owner);
  }

  /** Whether the key is in use by permits and the other is not, or of another number. */
  mismatches(rule: string): boolean {
    const numbered = (text: string) => /^\d/.test(text);
    return !this.free && this.rule !== rule && (numbered(rule) || numbered(this.rule));
  }

  /** Whether somebody else inside waits for everybody to leave, as this owner is about to. */
  deadlocks(owner: string, rule: string): boolean {
    if (rule !== 'exclusive' || !this.holds(owner)) return false;
    return [...this.line].some(([other, { rule: wanted }]) => other !== owner && wanted === rule && this.holds(other));
  }

  enter(owner: string, rule: string, weight: number, ms: number, token = this.members.get(owner)?.token ?? 0): void {
    if (this.rule !== rule) this.members.clear();
    this.rule = rule;
    this.members.set(owner, { weight, token, endsAt: now() + ms });
    this.line.delete(owner);
  }

  queue(owner: string, rule: string, weight: number, waitedMs: number): void {
    const arrivedAt = this.holds(owner) ? -Infinity : now() - waitedMs;
    this.line.set(owner, { rule, weight, arrivedAt, seenAt: now() });
  }

  leaveLine(owner: string): void {
    this.line.delete(owner);
  }

  /** Lets in those first in line, as many as fit, and returns them. */
  serve(): string[] {
    const woken: string[] = [];
    const line = [...this.line].sort(([, a], [, b]) => a.arrivedAt - b.arrivedAt);
    for (const [owner, { rule, weight, seenAt }] of line) {
      if (seenAt < now() - PATIENCE_MS) this.line.delete(owner);
      else if (this.fits(owner, rule, weight)) {
        this.enter(owner, rule, weight, Math.max(RESERVED_MS, this.remainingMs(owner)));
        woken.push(owner);
      } else break;
    }
    return woken;
  }

  remainingMs(owner: string): number {
    return (this.members.get(owner)?.endsAt ?? 0) - now();
  }

  private fits(owner: string, rule: string, weight: number): boolean {
    if (this.free) return true;
    if (rule === 'exclusive') return this.members.size === 1 && this.members.has(owner);
    if (rule !== this.rule) return false;
    if (rule === 'shared') return true;
    const used = [...this.members.values()].reduce((sum, member) => sum + member.weight, 0);
    return used + weight <= Number(rule);
  }

  private dropEnded(): void {
    for (const [owner, { endsAt }] of this.members) if (endsAt <= now()) this.members.delete(owner);
  }
}

const now = () => performance.now();
