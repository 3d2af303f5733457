import { Injectable } from '@nestjs/common';
import {
  DEFAULT_DEADLINE_MS,
  DeadlineError,
  InvalidInputError,
  sleep,
  traced,
  withDeadline,
  type CallOptions,
} from '@rookery/core';
import { definitionOf } from './decorators/job-handler.decorator.js';
import { jobsOf, newFlow, type Flow } from './flow.js';
import type { JobClass } from './job.js';
import { JobRef, type JobAccess } from './job-ref.js';
import type { JobsBackends } from './jobs.backends.js';
import type { JobsDriver, NewJob } from './jobs.driver.js';
import type { EnqueueOptions, JobsModuleOptions } from './jobs.options.js';
import type { JobsExecutor } from './running/jobs.executor.js';
import type { TransactionalEnqueue } from './outbox/transactional-enqueue.js';
import { newJob } from './new-job.js';
import { QueueRef, type QueueStats } from './queue-ref.js';
import { tracedFlow, tracedJobs } from './trace.js';

/** Jobs per call to the store: each call has its deadline. */
const BATCH = 1_000;
/** In which a job comes from an outbox, also when the replica that has put it there dies. */
const OUTBOX_MS = 10_000;

/**
 * Enqueues jobs and looks after them. A job that `enqueue` has taken runs at least once, on some replica, whatever dies.
 *
 * @example
 * const job = await jobs.enqueue(RenderInvoice, { id }, { delayMs: 60_000 });
 * const pages = await job.waitUntilDone();
 */
@Injectable()
export class JobsService {
  private readonly access: JobAccess = {
    info: async (queue, id) => this.call(queue, 'Looking up a job', (driver) => driver.get(queue, id)),
    cancel: (queue, id) => this.cancel(queue, id),
    nextFinish: async (queue, id, signal) =>
      this.backends
        .driverOf(queue)
        .nextFinish(queue, id, signal)
        .catch(() => undefined),
  };

  constructor(
    private readonly backends: JobsBackends,
    private readonly executor: JobsExecutor,
    private readonly transactional: TransactionalEnqueue,
    private readonly options: JobsModuleOptions = {},
  ) {}

  /**
   * Stores a job. When `dedupeKey` finds it to be one too many, the answer is the job that stays.
   *
   * @throws UnknownJobError, JobDataError or InvalidInputError when it is not a job that can be stored
   * @throws DeadlineError when the store did not answer; the job may be stored all the same
   */
  async enqueue<Args, Result>(
    job: JobClass<Args, Result>,
    args: NoInfer<Args>,
    options: EnqueueOptions = {},
  ): Promise<JobRef<Result>> {
    const checked = newJob(job, args, options, this.options);
    const [id] = await this.store([checked], options);
    return this.ref(checked, id, options);
  }

  /** Stores many jobs of one kind, in the order given, a thousand per call to the store. */
  async enqueueMany<Args, Result>(
    job: JobClass<Args, Result>,
    args: readonly NoInfer<Args>[],
    options: EnqueueOptions = {},
  ): Promise<JobRef<Result>[]> {
    const jobs = args.map((each) => newJob(job, each, options, this.options));
    const ids: string[] = [];
    for (let from = 0; from < jobs.length; from += BATCH)
      ids.push(...(await this.store(jobs.slice(from, from + BATCH), options)));
    return ids.map((id, index) => this.ref(jobs[index], id, options));
  }

  /**
   * Stores jobs that depend on each other, all or none; see {@link flow}. Answers the job at the top, which runs last.
   *
   * @throws InvalidInputError when their queues are on different backends
   */
  async enqueueFlow<Result>(top: Flow<Result>, { signal }: { signal?: AbortSignal } = {}): Promise<JobRef<Result>> {
    const checked = newFlow(top, this.options);
    const { id, name, queue } = checked.job;
    const backends = new Set(jobsOf(checked).map((job) => this.backends.backendOf(job.queue)));
    if (backends.size > 1) {
      const queues = jobsOf(checked).map((job) => `"${job.queue}"`);
      throw new InvalidInputError(
        'The flow',
        `over queues of several backends (${queues.join(', ')})`,
        'on one backend',
      );
    }
    const what = `Enqueueing the flow of job "${name}"`;
    const carrier = {};
    await traced('jobs:enqueue', { job: name, id, carrier }, () =>
      this.call(queue, what, (driver) => driver.addFlow(tracedFlow(checked, carrier)), { signal }),
    );
    return this.ref(checked.job, id);
  }

  /** The job with this id; null when it is not there (any more). */
  async get<Result>(job: JobClass<never, Result> | string, id: string): Promise<JobRef<Result> | null> {
    const queue = this.queueOf(job);
    const info = await this.access.info(queue, id);
    return info && this.ref({ queue, name: info.name }, id);
  }

  /**
   * Takes a job back, or tells the replica that runs it to stop: its `ctx.signal` aborts and it fails without a retry.
   *
   * @returns false when it is done already, or not there
   * @throws DeadlineError when it runs and its replica did not answer
   */
  async cancel(job: JobClass<never, unknown> | string, id: string): Promise<boolean> {
    const queue = this.queueOf(job);
    for (const until = performance.now() + DEFAULT_DEADLINE_MS; performance.now() < until;) {
      const info = await this.access.info(queue, id);
      if (!info || info.state === 'completed' || info.state === 'failed') return false;
      if (await this.call(queue, 'Removing a job', (driver) => driver.remove(queue, id))) return true;
      if (await this.executor.cancel(queue, id)) return true;
      await sleep(50);
    }
    throw new DeadlineError(`The replica that runs job ${id} of queue "${queue}"`, DEFAULT_DEADLINE_MS);
  }

  /** A queue to look into: by its name, or the queue of a job. */
  queue(queue: JobClass<never, unknown> | string): QueueRef {
    const name = this.queueOf(queue);
    return new QueueRef(name, async (what, work) => this.call(name, `The ${what} of queue "${name}"`, work));
  }

  /** All queues that this app names: those of its handlers and of the module's options. */
  queues(): QueueRef[] {
    return this.executor.queueNames().map((name) => this.queue(name));
  }

  /** How all queues of this app are doing, for health checks. */
  stats(): Promise<QueueStats[]> {
    return Promise.all(this.queues().map((queue) => queue.stats()));
  }

  private store(jobs: NewJob[], { manager, signal }: EnqueueOptions): Promise<string[]> {
    const { id, name, queue } = jobs[0];
    const carrier = {};
    const context = { job: name, carrier, ...(jobs.length === 1 ? { id } : { count: jobs.length }) };
    return traced('jobs:enqueue', context, () => {
      const sent = tracedJobs(jobs, carrier);
      const add = (driver: JobsDriver) => (manager ? this.transactional.add(manager, sent) : driver.add(sent));
      return this.call(queue, `Enqueueing job "${name}"`, add, { signal });
    });
  }

  private call<T>(
    queue: string,
    what: string,
    work: (driver: JobsDriver) => Promise<T>,
    options?: CallOptions,
  ): Promise<T> {
    return withDeadline(what, work(this.backends.driverOf(queue)), options);
  }

  private ref<Result>(
    { queue, name }: Pick<NewJob, 'queue' | 'name'>,
    id: string,
    { manager }: EnqueueOptions = {},
  ): JobRef<Result> {
    return new JobRef<Result>(this.access, queue, name, id, manager && OUTBOX_MS);
  }

  private queueOf(job: JobClass<never, unknown> | string): string {
    return typeof job === 'string' ? job : definitionOf(job).queue;
  }
}
