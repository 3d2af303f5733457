import { sleep } from '@rookery/core';
import { DelayedError, UnrecoverableError, WaitingError, Worker, type Job } from 'bullmq';
import type { ActiveJob, JobsWorker, Outcome, Retention, WorkSettings } from '../jobs.driver.js';
import { ActiveBullmqJob } from './active-job.js';
import type { BullmqConnection } from './bullmq-connection.js';
import { JobLeases } from './job-lease.js';
import { RetentionSweep } from './retention-sweep.js';
import { kept, type StoredData } from './stored-job.js';

/** How often, compared to the lease, silent workers are looked for. */
const SWEEPS_PER_LEASE = 3;
/** bullmq would wait 15 s before it asks a store again that was away. */
const RETRY_AFTER_FAULT_MS = 500;
const CLOSE_MS = 2_000;
const SHY_MS = 500;
/** The largest that Postgres takes. */
const MAX_INTEGER = 2_147_483_647;

/** A bullmq worker: says how each run ended in bullmq's words. */
export class BullmqWorker implements JobsWorker {
  private readonly worker: Worker<StoredData>;
  private readonly leases: JobLeases;
  private readonly retention: RetentionSweep | undefined;
  private shyUntil = 0;
  private readonly retryDelays = new WeakMap<Error, number>();

  constructor(
    queue: string,
    private readonly connection: BullmqConnection,
    keep: Record<'completed' | 'failed', Retention>,
    private readonly settings: WorkSettings,
    private readonly run: (job: ActiveJob) => Promise<Outcome>,
  ) {
    const { concurrency, leaseMs, rateLimit } = settings;
    this.leases = new JobLeases(leaseMs);
    const { forgetFinished } = connection;
    const sweep = forgetFinished && (() => forgetFinished(queue, keep).catch(settings.onError));
    this.retention = sweep && new RetentionSweep(sweep);
    this.worker = new Worker<StoredData>(
      queue,
      (job, token) => this.process(job, token!),
      {
        connection: connection as never,
        prefix: connection.prefix,
        concurrency,
        lockDuration: leaseMs,
        stalledInterval: Math.ceil(leaseMs / SWEEPS_PER_LEASE),
        // Crashes are counted and judged by the service, which knows the handler's maxCrashes.
        maxStalledCount: MAX_INTEGER,
        drainDelay: connection.idlePollMs / 1000,
        runRetryDelay: RETRY_AFTER_FAULT_MS,
        ...(!sweep && { removeOnComplete: kept(keep.completed), removeOnFail: kept(keep.failed) }),
        settings: { backoffStrategy: (_attempt, _type, error) => (error && this.retryDelays.get(error)) ?? 0 },
        ...(rateLimit && { limiter: { max: rateLimit.max, duration: rateLimit.perMs } }),
      },
      connection.backend,
    );
    this.worker.on('error', settings.onError);
    this.letOthersGoFirst();
    this.worker.on('locksRenewed', ({ jobIds }) => this.leases.renewed(jobIds));
    this.worker.on('lockRenewalFailed', (jobIds) => this.leases.lost(jobIds));
  }

  async ready(): Promise<void> {
    await this.worker.waitUntilReady();
  }

  stopIntake(): Promise<void> {
    return this.worker.pause(true);
  }

  async close(): Promise<void> {
    // Not by force: what the handlers have just returned is still being recorded.
    this.retention?.close();
    const closed = this.worker.close().catch(() => undefined);
    void closed.then(() => this.leases.close());
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())]);
  }

  private async process(job: Job<StoredData>, token: string): Promise<unknown> {
    const lease = this.leases.hold(job);
    try {
      const outcome = await this.run(new ActiveBullmqJob(job, token, lease, this.connection));
      return outcome.kind === 'completed' ? outcome.result : await this.conclude(job, token, outcome);
    } finally {
      this.leases.release(job.id!, lease);
      this.retention?.jobEnded();
    }
  }

  /**
   * A job that this replica does not know is put off. When its time comes, bullmq wakes the very worker that did so, on
   * Redis, or all at once, on Postgres. For a while after, this worker is later than the others, so that one that knows
   * the job gets it.
   */
  private letOthersGoFirst(): void {
    const backend = this.worker.getBackend();
    const waitForJob = backend.waitForJob.bind(backend);
    const more = 1.5 * this.connection.idlePollMs;
    const longest = this.connection.idlePollMs / 1000;
    backend.waitForJob = async (seconds) => {
      // Not until the next delayed job is due: a connection that died meanwhile would be noticed as late.
      const wait = Math.min(seconds, longest);
      if (performance.now() > this.shyUntil) return waitForJob(wait);
      const marker = await waitForJob(wait + more / 1000);
      if (!marker) await sleep(SHY_MS);
      return marker;
    };
  }

  /** bullmq learns by return or throw what becomes of the job. */
  private async conclude(
    job: Job<StoredData>,
    token: string,
    outcome: Exclude<Outcome, { kind: 'completed' }>,
  ): Promise<never> {
    switch (outcome.kind) {
      case 'failed': {
        const { error, retryInMs } = outcome;
        const thrown = Object.assign(retryInMs === null ? new UnrecoverableError() : new Error(), {
          message: error.message,
          stack: error.stack,
        });
        this.retryDelays.set(thrown, retryInMs ?? 0);
        // Not stored with every job: only the worker, which knows the handler, can tell the delay.
        job.opts.backoff = { type: 'rookery' };
        throw thrown;
      }
      case 'returned':
        // If the store does not take it back, its lease will.
        await job.moveToWait(token).catch(this.settings.onError);
        throw new WaitingError();
      case 'postponed':
        this.shyUntil = performance.now() + 2 * outcome.delayMs;
        await job.moveToDelayed(Date.now() + outcome.delayMs, token).catch(this.settings.onError);
        throw new DelayedError();
      case 'settled':
        // Tells bullmq to record nothing.
        throw new WaitingError();
    }
  }
}
