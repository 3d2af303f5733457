import type { NewJob, Outcome, QueueCounts, Retention } from '../../jobs.driver.js';
import type { JobState } from '../../job.js';
import { dedupeEntry, delayOf, isDone, memoryJob, type DedupeEntry, type MemoryJob } from './memory-job.js';
import type { MemoryWorker } from './memory-worker.js';

/** setTimeout cannot wait longer. */
const MAX_TIMER_MS = 2_147_483_647;

/** One queue of the in-process store, shared by all drivers on one backend. */
export class MemoryQueue {
  readonly jobs = new Map<string, MemoryJob>();
  readonly workers = new Set<MemoryWorker>();
  /** Those in state `waiting`, next first. */
  private readonly line: MemoryJob[] = [];
  private readonly finished: Record<'completed' | 'failed', MemoryJob[]> = { completed: [], failed: [] };
  private active = 0;
  paused = false;
  private readonly keys = new Map<string, DedupeEntry>();
  private readonly starts: number[] = [];
  private readonly listeners = new Set<() => void>();
  private order = 0;

  constructor(private readonly keep: Record<'completed' | 'failed', Retention>) {}

  add(job: NewJob, parent?: MemoryJob): MemoryJob {
    const duplicate = job.dedupe && this.duplicateOf(job);
    if (duplicate) return duplicate;
    const added = memoryJob(job, this.order++, parent);
    this.jobs.set(job.id, added);
    if (job.dedupe) this.keys.set(job.dedupe.key, dedupeEntry(job.dedupe, added));
    return added;
  }

  /** Lets a job wait for its time, or for a worker. */
  schedule(job: MemoryJob, delayMs: number): void {
    clearTimeout(job.timer);
    if (delayMs <= 0) {
      this.enter(job, 'waiting');
      return this.dispatch();
    }
    this.enter(job, 'delayed');
    job.dueAt = Date.now() + delayMs;
    const wait = Math.min(delayMs, MAX_TIMER_MS);
    job.timer = setTimeout(() => this.schedule(job, delayMs - wait), wait).unref();
  }

  /** Hands what waits to workers with a free hand. */
  dispatch(): void {
    for (;;) {
      const worker = [...this.workers].find((one) => one.isFree && this.mayStart(one));
      const job = worker && !this.paused ? this.line[0] : undefined;
      if (!worker || !job) return;
      // In turn, so that no replica sees all jobs.
      this.workers.delete(worker);
      this.workers.add(worker);
      this.enter(job, 'active');
      job.startedAt = Date.now();
      this.starts.push(performance.now());
      void worker.take(job);
    }
  }

  /** What became of a run. */
  record(job: MemoryJob, outcome: Outcome): void {
    if (job.state !== 'active') return this.dispatch();
    switch (outcome.kind) {
      case 'completed':
        job.attemptsMade++;
        job.result = outcome.result;
        return this.finish(job, 'completed');
      case 'failed':
        job.attemptsMade++;
        job.failedReason = outcome.error.message;
        if (outcome.retryInMs === null) return this.finish(job, 'failed');
        return this.schedule(job, outcome.retryInMs);
      case 'postponed':
        return this.schedule(job, outcome.delayMs);
      case 'returned':
      case 'settled':
        return this.schedule(job, 0);
    }
  }

  remove(job: MemoryJob): void {
    clearTimeout(job.timer);
    this.leave(job);
    this.jobs.delete(job.new.id);
    this.releaseKey(job);
    this.tell();
  }

  inState(state: JobState): MemoryJob[] {
    const found = [...this.jobs.values()].filter((job) => job.state === state);
    return isDone({ state } as MemoryJob)
      ? found.sort((a, b) => b.finishedAt! - a.finishedAt! || b.order - a.order)
      : found.sort((a, b) => a.new.priority - b.new.priority || a.order - b.order);
  }

  counts(): QueueCounts {
    const counts = { waiting: 0, delayed: 0, blocked: 0, active: 0, completed: 0, failed: 0 };
    for (const { state } of this.jobs.values()) counts[state]++;
    return counts;
  }

  /** Calls `listener` whenever a job has ended or gone. */
  onFinish(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  finish(job: MemoryJob, state: 'completed' | 'failed'): void {
    this.enter(job, state);
    job.finishedAt = Date.now();
    this.releaseKey(job);
    if (job.next) this.schedule(this.add(job.next), delayOf(job.next));
    const { count, ageMs } = this.keep[state];
    const finished = this.finished[state];
    finished.push(job);
    const tooOld = Date.now() - ageMs;
    while (finished.length > count || (finished[0] && finished[0].finishedAt! < tooOld))
      this.jobs.delete(finished.shift()!.new.id);
    this.tell();
    this.dispatch();
  }

  private enter(job: MemoryJob, state: JobState): void {
    this.leave(job);
    job.state = state;
    if (state === 'active') this.active++;
    if (state !== 'waiting') return;
    const isAfter = (other: MemoryJob) => (other.new.priority - job.new.priority || other.order - job.order) > 0;
    this.line.splice(this.line.findLastIndex((other) => !isAfter(other)) + 1, 0, job);
  }

  /** Takes a job out of what its state keeps. */
  private leave(job: MemoryJob): void {
    if (job.state === 'active') this.active--;
    const list = job.state === 'waiting' ? this.line : isDone(job) ? this.finished[job.state as 'failed'] : [];
    const at = list.indexOf(job);
    if (at >= 0) list.splice(at, 1);
  }

  private duplicateOf(job: NewJob): MemoryJob | undefined {
    const { key, mode } = job.dedupe!;
    const entry = this.keys.get(key);
    if (!entry || entry.until <= performance.now()) return undefined;
    const known = entry.job;
    if (mode === 'debounce' && known.state === 'delayed') {
      this.remove(known);
      return undefined;
    }
    if (mode === 'latest' && known.state === 'active') known.next = job;
    else if (mode === 'latest') known.args = JSON.stringify(job.args);
    return known;
  }

  private releaseKey(job: MemoryJob): void {
    const key = job.new.dedupe?.key;
    const entry = key === undefined ? undefined : this.keys.get(key);
    if (entry?.job === job && (entry.until === Infinity || entry.until <= performance.now())) this.keys.delete(key!);
  }

  private mayStart(worker: MemoryWorker): boolean {
    const { globalConcurrency = Infinity, rateLimit } = worker.settings;
    if (this.active >= globalConcurrency) return false;
    if (!rateLimit) return true;
    while (this.starts[0] <= performance.now() - rateLimit.perMs) this.starts.shift();
    if (this.starts.length < rateLimit.max) return true;
    setTimeout(() => this.dispatch(), this.starts[0] + rateLimit.perMs - performance.now()).unref();
    return false;
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
