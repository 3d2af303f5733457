import { BackendUnavailableError, InvalidInputError } from '@rookery/core';
import type { RedisBackend } from '@rookery/core/redis';
import type { LockAnswer, LockDriver, LockGrant, LockRecord } from '../../lock.driver.js';
import { QuorumNode } from './quorum-node.js';

/** The part of the ttl by which the servers' clocks may run apart while a lease lasts. */
const DRIFT_SHARE = 0.01;

/**
 * Locks that a majority of independent Redis servers grants, so that one of them may fail or forget.
 *
 * Technique: Redlock, S. Sanfilippo, redis.io/docs/latest/develop/clients/patterns/distributed-locks; with the check
 * that the lease is still valid when the last answer has come, and with tokens that a majority has agreed to exceed.
 */
export class QuorumLockDriver implements LockDriver {
  readonly inOrder = false;
  private readonly nodes: QuorumNode[];
  private readonly majority: number;

  /** @throws InvalidInputError unless these are an odd number of Redis backends, at least three */
  constructor(backends: readonly RedisBackend[]) {
    const stranger = backends.find(({ kind }) => kind !== 'redis');
    if (stranger) throw new InvalidInputError('The quorum', `with a server at ${stranger.address}`, 'of redis() alone');
    if (backends.length < 3 || backends.length % 2 === 0)
      throw new InvalidInputError('The quorum', `of ${backends.length} servers`, 'of 3, 5 or 7 independent ones');
    this.nodes = backends.map((backend) => new QuorumNode(backend));
    this.majority = Math.floor(backends.length / 2) + 1;
  }

  /** @throws BackendUnavailableError unless a majority can be reached */
  async open(): Promise<void> {
    await this.ask((node) => node.open());
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.nodes.map((node) => node.close()));
  }

  async acquire(grant: LockGrant, waitedMs?: number): Promise<LockAnswer> {
    const since = performance.now();
    const answers = await this.ask((node) => node.acquire(grant, waitedMs));
    const wake = answers.flatMap((answer) => answer.wake);
    const tokens = answers.flatMap((answer) => (answer.status === 'granted' ? [answer.token] : []));
    if (tokens.length >= this.majority) {
      const token = Math.max(...tokens);
      const agreed = await this.agree(grant, token);
      const leftMs = grant.ttlMs * (1 - DRIFT_SHARE) - (performance.now() - since);
      if (agreed && leftMs > 0) return { status: 'granted', token, wake: distinct(wake) };
    }
    // Who keeps a minority while others keep theirs would wait in a circle.
    if (tokens.length > 0) wake.push(...(await this.giveBack(grant)));
    const refusal = answers.find(({ status }) => status === 'mismatch' || status === 'deadlock');
    return { ...(refusal ?? { status: 'busy' }), wake: distinct(wake) };
  }

  async extend(grant: LockGrant, heir?: string): Promise<boolean> {
    const answers = await this.ask((node) => node.extend(grant, heir));
    return answers.filter(Boolean).length >= this.majority;
  }

  async release(grant: LockGrant): Promise<{ released: boolean; wake: string[] }> {
    const answers = await this.ask((node) => node.release(grant));
    const released = answers.filter((answer) => answer.released).length >= this.majority;
    return { released, wake: distinct(answers.flatMap(({ wake }) => wake)) };
  }

  /** Holders that a majority knows, as the one that issued the largest token sees them. */
  async inspect(key: string): Promise<LockRecord | null> {
    const records = (await this.ask((node) => node.inspect(key))).filter((record) => record !== null);
    if (records.length < this.majority) return null;
    const latest = (record: LockRecord) => Math.max(...record.holders.map(({ token }) => token));
    return records.sort((a, b) => latest(b) - latest(a))[0];
  }

  async list(prefix: string, limit: number): Promise<string[]> {
    const lists = await this.ask((node) => node.list(prefix, limit));
    return distinct(lists.flat()).sort().slice(0, limit);
  }

  /**
   * Has a majority remember the token. Every later grant asks one of them, so its token is larger, although the servers
   * issue theirs each for itself.
   */
  private async agree(grant: LockGrant, token: number): Promise<boolean> {
    const answers = await this.ask((node) => node.acquire(grant, undefined, token));
    return answers.filter(({ status }) => status === 'granted').length >= this.majority;
  }

  private async giveBack(grant: LockGrant): Promise<readonly string[]> {
    return this.release(grant).then(
      ({ wake }) => wake,
      () => [],
    );
  }

  /** The answers of those who answered. @throws the reason when they are no majority */
  private async ask<Answer>(question: (node: QuorumNode) => Promise<Answer>): Promise<Answer[]> {
    const outcomes = await Promise.allSettled(this.nodes.map(question));
    const answers = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    if (answers.length >= this.majority) return answers;
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    const addresses = this.nodes.map(({ address }) => address).join(', ');
    throw new BackendUnavailableError(`a majority of ${addresses}`, failures[0]);
  }
}

const distinct = (texts: readonly string[]) => [...new Set(texts)];
