import { ClosedError, type Backend, type Unsubscribe } from '@rookery/core';
import type { HandedOver, LockAnswer, LockDriver, LockGrant, LockRecord } from './lock.driver.js';
import { channelOf, replicaOf } from './lock-info.js';
import type { WaitLine } from './wait-line.js';

/** What a LockService needs of a backend. */
export type LockBackend = Pick<Backend, 'bus' | 'namespace' | 'open' | 'close'>;

/** The driver, opened on first use, and the wake-ups that its answers ask for. */
export class LockStore {
  private opening: Promise<void> | undefined;
  private unsubscribe: Unsubscribe | undefined;
  private closed = false;

  constructor(
    private readonly driver: LockDriver,
    private readonly backend: LockBackend,
    private readonly replicaId: string,
    private readonly line: WaitLine,
  ) {}

  /** Safe to call again and again. @throws when the store cannot be reached; the next call tries anew */
  open(): Promise<void> {
    if (this.closed) throw new ClosedError('LockService');
    this.opening ??= this.connect().catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const opened = await this.opening?.then(
      () => true,
      () => false,
    );
    await this.unsubscribe?.();
    if (opened) await this.disconnect();
  }

  async acquire(grant: LockGrant, waitedMs?: number): Promise<LockAnswer> {
    return this.awaken(await this.driver.acquire(grant, waitedMs));
  }

  async extend(grant: LockGrant, heir?: string): Promise<boolean> {
    return this.driver.extend(grant, heir);
  }

  async release(grant: LockGrant): Promise<boolean> {
    const answer = this.driver.release(grant);
    // Most probably it is the turn of the next one here, whose question then needs not wait for the answer.
    if (this.driver.inOrder) this.line.wakeFirst(grant.keys.join(', '));
    return this.awaken(await answer).released;
  }

  async inspect(key: string): Promise<LockRecord | null> {
    return this.driver.inspect(key);
  }

  async list(prefix: string, limit: number): Promise<string[]> {
    return this.driver.list(prefix, limit);
  }

  private async connect(): Promise<void> {
    // The driver's store is another one when a quorum grants the locks.
    await this.backend.open();
    try {
      await this.driver.open();
      const wake = (owner: string) => void this.line.wake(owner);
      const onGap = () => this.line.wakeAll();
      this.unsubscribe = await this.backend.bus.subscribe(channelOf(this.replicaId), wake, { onGap });
    } catch (error) {
      await this.disconnect();
      throw error;
    }
  }

  private async disconnect(): Promise<void> {
    await this.driver.close();
    await this.backend.close();
  }

  /** Tells only the replicas concerned. Who is missed asks by itself before its reservation ends. */
  private awaken<Answer extends HandedOver>(answer: Answer): Answer {
    for (const owner of answer.wake) {
      const { told = false } = answer;
      if (!this.line.wake(owner) && !told)
        this.backend.bus.publish(channelOf(replicaOf(owner)), owner).catch(() => undefined);
    }
    return answer;
  }
}
