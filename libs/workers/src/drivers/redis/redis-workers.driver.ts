import { resourceKey } from '@rookery/core';
import type { RedisBackend, RedisScript } from '@rookery/core/redis';
import type {
  Beat,
  ClaimAnswer,
  RunOutcome,
  RunRecord,
  SlotClaim,
  TaskDefinition,
  TaskRecord,
  TaskState,
  WorkersDriver,
  WorkersDriverOptions,
} from '../../workers.driver.js';
import * as scripts from './redis-workers.scripts.js';
import { answerOf, recordOf, runOf } from './redis-workers.json.js';

const PARTS = ['app', 'replicas', 'tasks', 'runs', 'history:'] as const;

/** Workers in Redis: one script per step, all keys of an application on one node of a Redis Cluster. */
export class RedisWorkersDriver implements WorkersDriver {
  private readonly keys: string[];
  private readonly historySize: number;

  constructor(
    private readonly backend: RedisBackend,
    { application, historySize }: WorkersDriverOptions,
  ) {
    this.keys = PARTS.map((part) => resourceKey(backend.namespace, 'workers', application, part));
    this.historySize = historySize;
  }

  open(): Promise<void> {
    return this.backend.open();
  }

  close(): Promise<void> {
    return this.backend.close();
  }

  async register(tasks: readonly (TaskDefinition & { notBefore?: number })[]): Promise<void> {
    const asked = tasks.map(({ notBefore, ...definition }) => ({ definition, notBefore }));
    await this.run(scripts.REGISTER, JSON.stringify(asked));
  }

  async forget(graceMs: number): Promise<void> {
    await this.run(scripts.FORGET, graceMs);
  }

  async load(names?: readonly string[]): Promise<TaskRecord[]> {
    const { client } = this.backend;
    const [texts, active, now] = await Promise.all([
      names ? (names.length ? client.hmget(this.key('tasks'), ...names) : []) : client.hvals(this.key('tasks')),
      client.hvals(this.key('runs')),
      this.backend.now(),
    ]);
    const runs = active.map(runOf);
    return texts.flatMap((text) => (text ? [recordOf(text, runs, now)] : []));
  }

  async beat(replica: string, leaseMs: number): Promise<Beat> {
    const [now, upSince, version, replicas, active] = await this.run(scripts.BEAT, replica, leaseMs, this.historySize);
    const runs = active.map(runOf);
    return {
      now: Number(now),
      upSince: Number(upSince),
      version: Number(version),
      replicas,
      mine: runs.filter((run) => run.replica === replica),
      pending: runs.filter((run) => run.status === 'pending'),
    };
  }

  async leave(replica: string): Promise<void> {
    await this.backend.client.zrem(this.key('replicas'), replica);
  }

  async claim(replica: string, claims: readonly SlotClaim[]): Promise<ClaimAnswer[]> {
    return (await this.run(scripts.CLAIM, replica, JSON.stringify(claims), this.historySize)).map(answerOf);
  }

  async take(replica: string, runId: string, exclusive: boolean): Promise<RunRecord | null> {
    const text = await this.run(scripts.TAKE, replica, runId, exclusive ? '1' : '0');
    return text === null ? null : answerOf(text).run;
  }

  async finish(replica: string, outcomes: readonly RunOutcome[]): Promise<(TaskState | null)[]> {
    const given = outcomes.map(({ error, ...outcome }) => (error === null ? outcome : { ...outcome, error }));
    const texts = await this.run(scripts.FINISH, replica, JSON.stringify(given), this.historySize);
    return texts.map((text) => answerOf(text).state);
  }

  async request(name: string, runId: string, maxAttempts: number): Promise<boolean> {
    return (await this.run(scripts.REQUEST, name, runId, maxAttempts)) === 1;
  }

  async pause(name: string, paused: boolean): Promise<boolean> {
    return (await this.run(scripts.PAUSE, name, paused ? '1' : '0')) === 1;
  }

  async remove(name: string): Promise<boolean> {
    return (await this.run(scripts.REMOVE, name)) === 1;
  }

  async history(name: string, limit: number): Promise<RunRecord[]> {
    if (limit <= 0) return [];
    return (await this.backend.client.lrange(this.key('history:') + name, 0, limit - 1)).map(runOf);
  }

  private run<Result>(script: RedisScript<Result>, ...args: (string | number)[]): Promise<Result> {
    return script.run(this.backend.client, this.keys, args);
  }

  private key(part: (typeof PARTS)[number]): string {
    return this.keys[PARTS.indexOf(part)];
  }
}
