import type { MemoryBackend } from '@rookery/core';
import type { JobInfo, JobState } from '../../job.js';
import type {
  ActiveJob,
  JobsDriver,
  NewFlow,
  NewJob,
  Outcome,
  QueueCounts,
  Retention,
  WorkSettings,
} from '../../jobs.driver.js';
import { delayOf, infoOf, isDone, type MemoryJob } from './memory-job.js';
import { MemoryQueue } from './memory-queue.js';
import { MemoryWorker } from './memory-worker.js';

/** Jobs in the memory of one process: gone when it ends. */
export class MemoryJobsDriver implements JobsDriver {
  private readonly queues: Map<string, MemoryQueue>;

  constructor(
    backend: MemoryBackend,
    private readonly keep: Record<'completed' | 'failed', Retention>,
  ) {
    this.queues = backend.shared('jobs', () => new Map<string, MemoryQueue>());
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}

  async add(jobs: readonly NewJob[]): Promise<string[]> {
    return jobs.map((job) => {
      const queue = this.queue(job.queue);
      const added = queue.add(job);
      if (added.new === job) queue.schedule(added, delayOf(job));
      return added.new.id;
    });
  }

  async addFlow({ job, children }: NewFlow, parent?: MemoryJob): Promise<void> {
    const queue = this.queue(job.queue);
    const added = queue.add(job, parent);
    parent?.children.push(added);
    if (children.length === 0) return queue.schedule(added, delayOf(job));
    added.state = 'blocked';
    for (const child of children) await this.addFlow(child, added);
    for (const { new: child } of added.children) this.followUp(child.queue, added);
  }

  async get(queue: string, id: string): Promise<JobInfo | null> {
    const job = this.queue(queue).jobs.get(id);
    return job ? infoOf(job) : null;
  }

  async remove(queue: string, id: string): Promise<boolean> {
    const job = this.queue(queue).jobs.get(id);
    if (!job || isDone(job) || job.state === 'active') return false;
    this.queue(queue).remove(job);
    return true;
  }

  nextFinish(queue: string, _id: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.queue(queue).onFinish(() => {
        stop();
        resolve();
      });
      signal.addEventListener('abort', () => resolve(stop()), { once: true });
    });
  }

  async work(queue: string, settings: WorkSettings, run: (job: ActiveJob) => Promise<Outcome>): Promise<MemoryWorker> {
    return new MemoryWorker(this.queue(queue), settings, run);
  }

  async setPaused(queue: string, paused: boolean): Promise<void> {
    this.queue(queue).paused = paused;
    this.queue(queue).dispatch();
  }

  async isPaused(queue: string): Promise<boolean> {
    return this.queue(queue).paused;
  }

  async counts(queue: string): Promise<QueueCounts> {
    return this.queue(queue).counts();
  }

  async lagMs(queue: string): Promise<number> {
    const since = this.queue(queue)
      .inState('waiting')
      .map(({ dueAt }) => dueAt);
    return since.length === 0 ? 0 : Math.max(0, Date.now() - Math.min(...since));
  }

  async list(queue: string, state: JobState, offset: number, limit: number): Promise<JobInfo[]> {
    return this.queue(queue)
      .inState(state)
      .slice(offset, offset + limit)
      .map(infoOf);
  }

  async retry(queue: string, id: string): Promise<boolean> {
    const job = this.queue(queue).jobs.get(id);
    if (job?.state !== 'failed') return false;
    Object.assign(job, { attemptsMade: 0, failedReason: undefined, finishedAt: undefined, dueAt: Date.now() });
    this.queue(queue).schedule(job, 0);
    return true;
  }

  async purge(queue: string, state: 'completed' | 'failed', olderThanMs: number): Promise<number> {
    const old = this.queue(queue)
      .inState(state)
      .filter(({ finishedAt }) => finishedAt! <= Date.now() - olderThanMs);
    for (const job of old) this.queue(queue).remove(job);
    return old.length;
  }

  private queue(name: string): MemoryQueue {
    const queue = this.queues.get(name) ?? new MemoryQueue(this.keep);
    this.queues.set(name, queue);
    return queue;
  }

  /** Watches the children of a job: it runs after the last, or fails with the first that fails for good. */
  private followUp(childQueue: string, parent: MemoryJob): void {
    const own = this.queue(parent.new.queue);
    const stop = this.queue(childQueue).onFinish(() => {
      if (parent.state !== 'blocked' || !own.jobs.has(parent.new.id)) return stop();
      const failed = parent.children.find((child) => child.state === 'failed');
      if (failed) {
        parent.failedReason = `child ${failed.new.name} (${failed.new.id}) failed: ${failed.failedReason}`;
        own.finish(parent, 'failed');
      } else if (parent.children.every((child) => child.state === 'completed')) {
        own.schedule(parent, delayOf(parent.new));
      }
    });
  }
}
