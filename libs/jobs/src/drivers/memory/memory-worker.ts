import type { ActiveJob, JobsWorker, Outcome, WorkSettings } from '../../jobs.driver.js';
import { InvalidInputError } from '@rookery/core';
import type { MemoryJob } from './memory-job.js';
import type { MemoryQueue } from './memory-queue.js';

const KEPT_LOGS = 1_000;

/** One app working on a queue of the in-process store. */
export class MemoryWorker implements JobsWorker {
  private active = 0;
  private taking = true;

  constructor(
    private readonly queue: MemoryQueue,
    readonly settings: WorkSettings,
    private readonly run: (job: ActiveJob) => Promise<Outcome>,
  ) {
    queue.workers.add(this);
    queue.dispatch();
  }

  get isFree(): boolean {
    return this.taking && this.active < this.settings.concurrency;
  }

  async take(job: MemoryJob): Promise<void> {
    this.active++;
    try {
      this.queue.record(job, await this.run(this.activeJob(job)));
    } catch (error) {
      this.settings.onError(error as Error);
      this.queue.record(job, { kind: 'returned' });
    } finally {
      this.active--;
      this.queue.dispatch();
    }
  }

  async stopIntake(): Promise<void> {
    this.taking = false;
  }

  async close(): Promise<void> {
    this.taking = false;
    this.queue.workers.delete(this);
  }

  private activeJob(job: MemoryJob): ActiveJob {
    return {
      id: job.new.id,
      queue: job.new.queue,
      name: job.new.name,
      args: JSON.parse(job.args) as unknown,
      attempt: job.attemptsMade + 1,
      maxAttempts: job.new.attempts,
      crashes: 0,
      scheduledAt: job.dueAt,
      steps: job.steps,
      trace: job.new.trace,
      lease: { lostBecause: undefined, onLost: undefined },
      progress: async (value) => void (job.progress = value),
      log: async (line) => void (job.logs = [...job.logs, line].slice(-KEPT_LOGS)),
      saveSteps: async (steps) => void (job.steps = steps),
      childResults: async () =>
        job.children.map((child) => ({
          queue: child.new.queue,
          id: child.new.id,
          result: child.result,
        })),
      completeIn: () => {
        throw new InvalidInputError('The backend of ctx.completeIn()', 'memory', 'postgres');
      },
    };
  }
}
