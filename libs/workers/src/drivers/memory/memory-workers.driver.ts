import type { MemoryBackend } from '@rookery/core';
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
import { MemoryWorkersState, type MemoryTask } from './memory-workers.state.js';

/** Workers in the memory of one process. */
export class MemoryWorkersDriver implements WorkersDriver {
  private readonly store: MemoryWorkersState;

  constructor(backend: MemoryBackend, options: WorkersDriverOptions) {
    this.store = backend.shared(`workers:${options.application}`, () => new MemoryWorkersState(options.historySize));
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}

  async register(tasks: readonly (TaskDefinition & { notBefore?: number })[]): Promise<void> {
    for (const { notBefore, ...definition } of tasks) this.store.define(definition, notBefore);
  }

  async forget(graceMs: number): Promise<void> {
    this.store.forget(graceMs);
  }

  async load(names?: readonly string[]): Promise<TaskRecord[]> {
    const tasks = [...this.store.tasks.values()].filter((task) => !names || names.includes(task.definition.name));
    return tasks.map((task) => ({
      ...this.state(task),
      definition: { ...task.definition },
      lastRun: task.lastRun ? { ...task.lastRun } : null,
      runs: [...this.store.runs.values()]
        .filter(({ name }) => name === task.definition.name)
        .map((run) => ({ ...run })),
    }));
  }

  async beat(replica: string, leaseMs: number): Promise<Beat> {
    this.store.keepAlive(replica, leaseMs);
    const runs = [...this.store.runs.values()].map((run) => ({ ...run }));
    return {
      now: Date.now(),
      upSince: this.store.upSince,
      version: this.store.version,
      replicas: [...this.store.expiresAt.keys()].filter((id) => this.store.isAlive(id)),
      mine: runs.filter((run) => run.replica === replica),
      pending: runs.filter((run) => run.status === 'pending'),
    };
  }

  async leave(replica: string): Promise<void> {
    this.store.expiresAt.delete(replica);
  }

  async claim(replica: string, claims: readonly SlotClaim[]): Promise<ClaimAnswer[]> {
    return claims.map((claim) => {
      const task = this.store.tasks.get(claim.name);
      if (!task) return { run: null, state: null };
      const refused =
        !this.store.isAlive(replica) ||
        task.paused ||
        task.cursor > claim.cursor ||
        claim.slot <= task.cursor ||
        claim.slot > Date.now() ||
        (claim.exclusive && task.active > 0);
      if (refused) return { run: null, state: this.state(task) };
      task.cursor = claim.slot;
      if (claim.letGo) {
        this.store.skip(task, claim, claim.letGo, replica);
        return { run: null, state: this.state(task) };
      }
      task.active++;
      const run = this.store.start(task, { ...claim, attempt: 1 }, replica);
      return { run: { ...run }, state: this.state(task) };
    });
  }

  async take(replica: string, runId: string, exclusive: boolean): Promise<RunRecord | null> {
    const run = this.store.runs.get(runId);
    const task = run?.status === 'pending' && this.store.isAlive(replica) && this.store.tasks.get(run.name);
    const isBusy = task && task.startedAt !== null && task.finishedAt === null;
    return task && !(exclusive && isBusy) ? { ...this.store.start(task, run, replica) } : null;
  }

  async finish(replica: string, outcomes: readonly RunOutcome[]): Promise<(TaskState | null)[]> {
    return outcomes.map((outcome) => {
      const run = this.store.runs.get(outcome.runId);
      if (run?.replica !== replica) return null;
      this.store.end(run, { ...outcome, finishedAt: Date.now() });
      const task = this.store.tasks.get(run.name);
      return task ? this.state(task) : null;
    });
  }

  async request(name: string, runId: string, maxAttempts: number): Promise<boolean> {
    const task = this.store.tasks.get(name);
    if (task) this.store.wait(task, { runId, name, slot: Date.now(), attempt: 1, missed: 0, maxAttempts });
    return task !== undefined;
  }

  async pause(name: string, paused: boolean): Promise<boolean> {
    const task = this.store.tasks.get(name);
    if (!task) return false;
    if (task.paused && !paused) task.cursor = Math.max(task.cursor, Date.now());
    task.paused = paused;
    this.store.version++;
    return true;
  }

  async remove(name: string): Promise<boolean> {
    return this.store.remove(name);
  }

  async history(name: string, limit: number): Promise<RunRecord[]> {
    return (this.store.tasks.get(name)?.history ?? []).slice(0, limit).map((run) => ({ ...run }));
  }

  private state({ definition, cursor, paused, active, slot, startedAt, finishedAt, failures }: MemoryTask): TaskState {
    return { name: definition.name, cursor, paused, active, slot, startedAt, finishedAt, failures, readAt: Date.now() };
  }
}
