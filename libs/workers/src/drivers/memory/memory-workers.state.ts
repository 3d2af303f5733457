import {
  GRACE,
  type RunOutcome,
  type RunRecord,
  type SkipReason,
  type SlotClaim,
  type TaskDefinition,
  type TaskRecord,
} from '../../workers.driver.js';

export interface MemoryTask extends Omit<TaskRecord, 'name' | 'readAt' | 'runs'> {
  token: number;
  seenAt: number;
  history: RunRecord[];
}

type RunSeed = Pick<RunRecord, 'runId' | 'name' | 'slot' | 'attempt' | 'missed' | 'maxAttempts'>;

/** What a store would hold for one application. */
export class MemoryWorkersState {
  readonly tasks = new Map<string, MemoryTask>();
  readonly runs = new Map<string, RunRecord>();
  readonly expiresAt = new Map<string, number>();
  upSince = 0;
  version = 1;
  private heardAt = 0;
  private reapAfter = 0;

  constructor(private readonly historySize: number) {}

  define(definition: TaskDefinition, notBefore = Date.now()): void {
    const known = this.tasks.get(definition.name);
    if (JSON.stringify(known?.definition) !== JSON.stringify(definition)) this.version++;
    const never = { slot: null, startedAt: null, finishedAt: null, lastRun: null };
    const fresh = { token: 0, paused: false, active: 0, failures: 0, ...never };
    const isSameSchedule = known?.definition.schedule === definition.schedule;
    const cursor = isSameSchedule ? known!.cursor : Math.max(known?.cursor ?? 0, notBefore);
    this.tasks.set(definition.name, { history: [], ...fresh, ...known, definition, cursor, seenAt: Date.now() });
  }

  forget(graceMs: number): void {
    for (const [name, task] of this.tasks) {
      if (task.definition.source === 'code' && task.active === 0 && task.seenAt <= Date.now() - graceMs)
        this.remove(name);
    }
  }

  remove(name: string): boolean {
    for (const run of this.runs.values()) if (run.name === name) this.runs.delete(run.runId);
    this.version++;
    return this.tasks.delete(name);
  }

  keepAlive(replica: string, leaseMs: number): void {
    const now = Date.now();
    const others = [...this.expiresAt.values()].some((at) => at > now);
    if (!others && !this.expiresAt.has(replica)) this.upSince = now;
    this.expiresAt.set(replica, now + leaseMs);
    if (this.heardAt > 0 && now - this.heardAt > leaseMs) this.reapAfter = now + leaseMs * GRACE;
    this.heardAt = now;
    if (now >= this.reapAfter) this.reap(now, leaseMs);
  }

  isAlive(replica: string, now = Date.now()): boolean {
    return (this.expiresAt.get(replica) ?? 0) > now;
  }

  private reap(now: number, leaseMs: number): void {
    for (const run of this.runs.values()) {
      if (run.replica === null || this.isAlive(run.replica, now)) continue;
      const expiresAt = this.expiresAt.get(run.replica);
      const finishedAt = expiresAt === undefined ? run.startedAt! : expiresAt - leaseMs;
      this.end(run, { status: 'crashed', error: null, rerun: true, finishedAt });
    }
    for (const [id, at] of this.expiresAt) if (at <= now) this.expiresAt.delete(id);
  }

  /** Makes the run a running one, with the next fencing token of its task. */
  start(task: MemoryTask, seed: RunSeed, replica: string): RunRecord {
    task.token = Math.max(task.token + 1, Date.now() * 1000);
    task.slot = seed.slot;
    task.startedAt = Date.now();
    task.finishedAt = null;
    return this.put(seed, { status: 'running', replica, fencingToken: task.token, startedAt: task.startedAt });
  }

  wait(task: MemoryTask, seed: RunSeed): void {
    task.active++;
    this.put(seed, { status: 'pending', replica: null, fencingToken: 0, startedAt: null });
  }

  end(run: RunRecord, end: Pick<RunOutcome, 'status' | 'error' | 'rerun'> & { finishedAt: number }): void {
    const { status, error, finishedAt, rerun } = end;
    this.runs.delete(run.runId);
    const task = this.tasks.get(run.name);
    if (!task) return;
    task.active--;
    if (task.definition.kind === 'worker') this.version++;
    task.finishedAt = finishedAt;
    task.failures = status === 'succeeded' ? 0 : status === 'cut' ? task.failures : task.failures + 1;
    task.lastRun = { ...run, status, error, finishedAt };
    this.remember(task, task.lastRun);
    const maxAttempts = run.maxAttempts + (status === 'cut' ? 1 : 0);
    const attempt = run.attempt + 1;
    if (rerun && attempt <= maxAttempts)
      this.wait(task, { ...run, attempt, maxAttempts, runId: `${run.runId.split('.')[0]}.${attempt}` });
  }

  skip(
    task: MemoryTask,
    { runId, name, slot, missed, maxAttempts }: SlotClaim,
    error: SkipReason,
    replica: string,
  ): void {
    const never = { status: 'skipped', attempt: 1, fencingToken: 0, startedAt: null } as const;
    this.remember(task, { runId, name, slot, missed, maxAttempts, ...never, replica, finishedAt: Date.now(), error });
  }

  private remember(task: MemoryTask, run: RunRecord): void {
    task.history = [run, ...task.history].slice(0, this.historySize);
  }

  private put(
    { runId, name, slot, attempt, missed, maxAttempts }: RunSeed,
    how: Pick<RunRecord, 'status' | 'replica' | 'fencingToken' | 'startedAt'>,
  ): RunRecord {
    const run = { runId, name, slot, attempt, missed, maxAttempts, ...how, finishedAt: null, error: null };
    this.runs.set(runId, run);
    return run;
  }
}
