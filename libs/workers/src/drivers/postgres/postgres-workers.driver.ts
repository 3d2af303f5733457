import type { PostgresBackend } from '@rookery/core/postgres';
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
import { COMPLETION_MIGRATIONS, WORKERS_MIGRATIONS } from '../../workers.schema.js';
import * as sql from './postgres-workers.statements.js';

interface BeatRow {
  now: string;
  upSince: string;
  version: string;
  mayReap: boolean;
  others: string[];
  orphans: boolean;
  runs: RunRecord[];
}

/** Workers in PostgreSQL: one statement per step, no session tied to a run, so it works behind PgBouncer. */
export class PostgresWorkersDriver implements WorkersDriver {
  private readonly app: string;
  private readonly historySize: number;
  private sincePrune = new Set<string>();

  constructor(
    private readonly backend: PostgresBackend,
    { application, historySize }: WorkersDriverOptions,
  ) {
    this.app = `${backend.namespace}/${application}`;
    this.historySize = historySize;
  }

  async open(): Promise<void> {
    await this.backend.open();
    await this.backend.migrate('workers', WORKERS_MIGRATIONS);
    await this.backend.migrate('worker-completions', COMPLETION_MIGRATIONS);
  }

  close(): Promise<void> {
    return this.backend.close();
  }

  async register(tasks: readonly (TaskDefinition & { notBefore?: number })[]): Promise<void> {
    const asked = tasks.map(({ notBefore, ...definition }) => ({ definition, notBefore }));
    asked.sort((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
    if (asked.length > 0) await this.query(sql.REGISTER, JSON.stringify(asked));
  }

  async forget(graceMs: number): Promise<void> {
    await this.query(sql.FORGET, graceMs);
  }

  async load(names?: readonly string[]): Promise<TaskRecord[]> {
    type Row = { state: TaskState; definition: TaskDefinition; run: RunRecord; ran: boolean; runs: RunRecord[] };
    const { rows } = await this.query<Row>(sql.LOAD, names ?? null);
    return rows.map(({ state, definition, run, ran, runs }) => ({
      ...state,
      definition,
      runs,
      lastRun: ran ? run : null,
    }));
  }

  async beat(replica: string, leaseMs: number): Promise<Beat> {
    let heard = (await this.query<BeatRow>(sql.BEAT, replica, leaseMs)).rows[0];
    if (heard.mayReap && heard.orphans) {
      await this.query(sql.REAP, leaseMs);
      heard = (await this.query<BeatRow>(sql.BEAT, replica, leaseMs)).rows[0];
    }
    await this.prune();
    const { now, upSince, version, others, runs } = heard;
    return {
      now: Number(now),
      upSince: Number(upSince),
      version: Number(version),
      replicas: [replica, ...others],
      mine: runs.filter((run) => run.replica === replica),
      pending: runs.filter((run) => run.status === 'pending'),
    };
  }

  async leave(replica: string): Promise<void> {
    await this.query(sql.LEAVE, replica);
  }

  async claim(replica: string, claims: readonly SlotClaim[]): Promise<ClaimAnswer[]> {
    const { rows } = await this.query<ClaimAnswer & { runId: string }>(sql.CLAIM, replica, JSON.stringify(claims));
    for (const { name, letGo } of claims) if (letGo) this.sincePrune.add(name);
    const answers = new Map(rows.map(({ runId, run, state }) => [runId, { run, state }]));
    return claims.map(({ runId }) => answers.get(runId) ?? { run: null, state: null });
  }

  async take(replica: string, runId: string, exclusive: boolean): Promise<RunRecord | null> {
    const { rows } = await this.query<{ run: RunRecord }>(sql.TAKE, replica, runId, exclusive);
    return rows[0]?.run ?? null;
  }

  async finish(replica: string, outcomes: readonly RunOutcome[]): Promise<(TaskState | null)[]> {
    type Row = { runId: string; state: TaskState };
    const { rows } = await this.query<Row>(sql.FINISH, replica, JSON.stringify(outcomes));
    for (const { name } of outcomes) this.sincePrune.add(name);
    const states = new Map(rows.map(({ runId, state }) => [runId, state]));
    return outcomes.map(({ runId }) => states.get(runId) ?? null);
  }

  async request(name: string, runId: string, maxAttempts: number): Promise<boolean> {
    return (await this.query(sql.REQUEST, name, runId, maxAttempts)).rowCount > 0;
  }

  async pause(name: string, paused: boolean): Promise<boolean> {
    return (await this.query(sql.PAUSE, name, paused)).rowCount > 0;
  }

  async remove(name: string): Promise<boolean> {
    return (await this.query(sql.REMOVE, name)).rowCount > 0;
  }

  async history(name: string, limit: number): Promise<RunRecord[]> {
    const { rows } = await this.query<{ run: RunRecord }>(sql.HISTORY, name, Math.max(0, limit));
    return rows.map(({ run }) => run);
  }

  private async prune(): Promise<void> {
    if (this.sincePrune.size === 0) return;
    const names = [...this.sincePrune];
    this.sincePrune = new Set();
    await this.query(sql.PRUNE, this.historySize, names);
  }

  private query<Row>(statement: string, ...parameters: unknown[]) {
    return this.backend.query<Row>(statement, [this.app, ...parameters]);
  }
}
