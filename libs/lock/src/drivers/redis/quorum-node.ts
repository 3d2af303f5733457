import { ClosedError, withDeadline } from '@rookery/core';
import type { RedisBackend } from '@rookery/core/redis';
import type { LockAnswer, LockGrant } from '../../lock.driver.js';
import { RedisLockDriver } from './redis-lock.driver.js';

/** A server that does not answer must not use up the lease that the others have granted. */
const DEADLINE_MS = 500;
const REOPEN_EVERY_MS = 1_000;

/** One server of a quorum: it may be away when the app starts, and come and go. */
export class QuorumNode {
  private readonly driver: RedisLockDriver;
  private opening: Promise<void> | undefined;
  private failedAt = -Infinity;
  private failure: unknown;

  constructor(private readonly backend: RedisBackend) {
    this.driver = new RedisLockDriver(backend);
  }

  get address(): string {
    return this.backend.address;
  }

  async open(): Promise<void> {
    if (!this.opening && performance.now() - this.failedAt < REOPEN_EVERY_MS) throw this.failure;
    this.opening ??= this.driver.open().catch((error: unknown) => {
      this.opening = undefined;
      this.failedAt = performance.now();
      throw (this.failure = error);
    });
    return this.opening;
  }

  async close(): Promise<void> {
    const opening = this.opening;
    this.opening = undefined;
    this.failedAt = Infinity;
    this.failure = new ClosedError('The quorum');
    await opening;
    await this.driver.close();
  }

  acquire(grant: LockGrant, waitedMs?: number, given?: number): Promise<LockAnswer> {
    return this.call((driver) => driver.acquire(grant, waitedMs, given));
  }

  extend(grant: LockGrant, heir?: string) {
    return this.call((driver) => driver.extend(grant, heir));
  }

  release(grant: LockGrant) {
    return this.call((driver) => driver.release(grant));
  }

  inspect(key: string) {
    return this.call((driver) => driver.inspect(key));
  }

  list(prefix: string, limit: number) {
    return this.call((driver) => driver.list(prefix, limit));
  }

  private call<Answer>(work: (driver: RedisLockDriver) => Promise<Answer>): Promise<Answer> {
    const answer = this.open().then(() => work(this.driver));
    return withDeadline(`Redis at ${this.address}`, answer, { deadlineMs: DEADLINE_MS });
  }
}
