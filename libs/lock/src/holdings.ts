import { InvalidInputError, withDeadline } from '@rookery/core';
import { Acquisition, type Granted } from './acquisition.js';
import { Lease } from './lease.js';
import type { LockGrant } from './lock.driver.js';
import { Lock, type TransferredLock, type UpgradeOptions } from './lock.handle.js';
import { checkedRequest, type LockModuleOptions, type LockRequest } from './lock.options.js';
import type { LockStore } from './lock-store.js';
import type { WaitLine } from './wait-line.js';

/** The locks that this process holds by leases, and what can become of them. */
export class Holdings {
  private readonly leases = new Map<Lock, Lease>();

  constructor(
    private readonly store: LockStore,
    private readonly line: WaitLine,
    private readonly defaults: LockModuleOptions,
  ) {}

  /** @param onEnd runs once, when the lock is released or lost */
  add(request: LockRequest, grant: LockGrant, { token, since }: Granted, onEnd?: () => void): Lock {
    const { autoRenew, maxHoldMs } = request;
    const end = () => {
      this.leases.delete(lock);
      onEnd?.();
    };
    const lease = new Lease(this.store, grant, since, { autoRenew, maxHoldMs, onEnd: end });
    const lock = new Lock(grant.keys, token, lease, this);
    this.leases.set(lock, lease);
    return lock;
  }

  async upgrade(lock: Lock, { waitMs, signal }: UpgradeOptions): Promise<number> {
    const lease = this.leases.get(lock);
    if (lease?.grant.mode !== 'shared')
      throw new InvalidInputError(`The lock "${lock.key}" to upgrade`, 'not shared', 'acquired with mode "shared"');
    if (lock.keys.length > 1)
      throw new InvalidInputError(
        `The lock "${lock.key}" to upgrade`,
        'on several keys',
        'on one; acquire them exclusively',
      );
    const next: LockGrant = { ...lease.grant, mode: 'exclusive' };
    const request = checkedRequest(lock.keys, { waitMs, signal, ttlMs: next.ttlMs }, this.defaults);
    lease.expect(next);
    let granted: Granted | undefined;
    try {
      granted = await this.waitForUpgrade(new Acquisition(this.store, request, next));
      return granted.token;
    } finally {
      lease.settle(granted?.since);
    }
  }

  async transfer(lock: Lock): Promise<TransferredLock> {
    const lease = this.leases.get(lock);
    if (!lease) throw new InvalidInputError(`The lock "${lock.key}" to transfer`, 'one of a transaction', 'a lease');
    lease.abandon();
    return { ...lease.grant, fencingToken: lock.fencingToken };
  }

  async releaseAll(): Promise<void> {
    await Promise.all([...this.leases.keys()].map((lock) => lock.release()));
  }

  private async waitForUpgrade(acquisition: Acquisition): Promise<Granted> {
    const { owner } = acquisition.grant;
    const place = this.line.join(`upgrade ${owner}`, owner);
    try {
      return await acquisition.wait(place);
    } catch (error) {
      // Asking once more leaves the line, unless the last reader has left in this very moment.
      const since = Lease.now();
      const late = await withDeadline('Leaving the line', this.store.acquire(acquisition.grant)).catch(() => undefined);
      if (late?.status === 'granted') return { token: late.token, since };
      throw error;
    } finally {
      place.leave();
    }
  }
}
