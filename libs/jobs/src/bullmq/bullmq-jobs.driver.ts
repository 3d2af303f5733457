import { withDeadline, type TransactionManager } from '@rookery/core';
import { FlowProducer, Job, Queue, QueueEvents, type FlowJob, type JobType, type QueueOptions } from 'bullmq';
import type { JobInfo, JobState } from '../job.js';
import type {
  ActiveJob,
  JobsDriver,
  JobsWorker,
  NewFlow,
  NewJob,
  Outcome,
  QueueCounts,
  Retention,
  WorkSettings,
} from '../jobs.driver.js';
import type { BullmqConnection } from './bullmq-connection.js';
import { BullmqWorker } from './bullmq-worker.js';
import { dataOf, infoOf, kept, optionsOf, TYPES_OF, type StoredData } from './stored-job.js';

/** bullmq gives up a connection that was silent for a second longer. */
const EVENTS_WAIT_MS = 3_000;

/** Jobs in bullmq, on whichever store the connection leads to. */
export class BullmqJobsDriver implements JobsDriver {
  private readonly queues = new Map<string, Queue<StoredData>>();
  private readonly events = new Map<string, QueueEvents>();
  private readonly listening = new WeakSet<QueueEvents>();
  private flows: FlowProducer | undefined;

  constructor(
    readonly connection: BullmqConnection,
    private readonly keep: Record<'completed' | 'failed', Retention>,
  ) {}

  open(): Promise<void> {
    return this.connection.open();
  }

  async close(): Promise<void> {
    const open = [...this.queues.values(), ...this.events.values(), ...(this.flows ? [this.flows] : [])];
    this.queues.clear();
    this.events.clear();
    this.flows = undefined;
    const closed = Promise.allSettled(open.map((one) => one.close()));
    await withDeadline('Closing the queues', closed).catch(() => undefined);
    await this.connection.close();
  }

  async add(jobs: readonly NewJob[], { once = false } = {}): Promise<string[]> {
    const ids =
      jobs.length === 1
        ? [await this.addOne(this.queue(jobs[0].queue), jobs[0], once)]
        : await this.addMany(jobs, once);
    for (const [index, job] of jobs.entries())
      if (job.dedupe?.mode === 'latest') await this.overwriteWaiting(job, ids[index]);
    return ids;
  }

  async addIn(manager: TransactionManager, jobs: readonly NewJob[]): Promise<string[] | undefined> {
    const ids: string[] = [];
    for (const job of jobs) {
      const queue = this.queue(job.queue);
      const backend = await this.connection.transactional(job.queue, manager);
      if (!backend) return undefined;
      const bound = Object.create(queue, { backend: { value: backend } }) as typeof queue;
      ids.push(await this.addOne(bound, job));
    }
    return ids;
  }

  async addFlow(flow: NewFlow): Promise<void> {
    const { connection, prefix } = this.options();
    this.flows ??= new FlowProducer({ connection, prefix }, this.connection.backend).on('error', ignore);
    const node = ({ job, children }: NewFlow): FlowJob => ({
      name: job.name,
      queueName: job.queue,
      prefix,
      data: dataOf(job),
      opts: { ...this.optionsOf(job), failParentOnFailure: true },
      children: children.map(node),
    });
    const { opts, ...root } = node(flow);
    await this.flows.add({ ...root, opts: { ...opts, failParentOnFailure: undefined } });
  }

  async get(queue: string, id: string): Promise<JobInfo | null> {
    // In this order: what is read of a finished job is then complete.
    const state = await this.queue(queue).getJobState(id);
    const job = state === 'unknown' ? undefined : await this.queue(queue).getJob(id);
    return job && state !== 'unknown' ? infoOf(job, state) : null;
  }

  async remove(queue: string, id: string): Promise<boolean> {
    const job = await this.queue(queue).getJob(id);
    const state = await job?.getState();
    if (!job || !state || ['active', 'completed', 'failed', 'unknown'].includes(state)) return false;
    return job.remove().then(
      () => true,
      () => false,
    );
  }

  async nextFinish(queue: string, id: string, signal: AbortSignal): Promise<void> {
    const events = this.queueEvents(queue);
    await new Promise<void>((resolve) => {
      const names = [`completed:${id}`, `failed:${id}`, 'removed'];
      const done = () => {
        for (const name of names) events.off(name as 'completed', done);
        resolve();
      };
      for (const name of names) events.on(name as 'completed', done);
      // What ended before it listened, it does not tell: then the caller looks again.
      if (!this.listening.has(events)) void this.listen(events).then(done, ignore);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  async work(queue: string, settings: WorkSettings, run: (job: ActiveJob) => Promise<Outcome>): Promise<JobsWorker> {
    const { globalConcurrency } = settings;
    const own = this.queue(queue);
    await (globalConcurrency ? own.setGlobalConcurrency(globalConcurrency) : own.removeGlobalConcurrency());
    const worker = new BullmqWorker(queue, this.connection, this.keep, settings, run);
    await worker.ready();
    return worker;
  }

  setPaused(queue: string, paused: boolean): Promise<void> {
    return paused ? this.queue(queue).pause() : this.queue(queue).resume();
  }

  isPaused(queue: string): Promise<boolean> {
    return this.queue(queue).isPaused();
  }

  async counts(queue: string): Promise<QueueCounts> {
    // On Postgres what waits in a paused queue is counted apart, by a name that bullmq's types do not have.
    const types = [...Object.values(TYPES_OF).flat(), 'paused' as JobType];
    const { waiting, prioritized, paused, delayed, active, completed, failed, ...rest } = await this.queue(
      queue,
    ).getJobCounts(...types);
    const blocked = rest['waiting-children'];
    return { waiting: waiting + prioritized + paused, delayed, blocked, active, completed, failed };
  }

  async lagMs(queue: string): Promise<number> {
    const first = await Promise.all(TYPES_OF.waiting.map((type) => this.queue(queue).getJobs([type], 0, 0, true)));
    const since = first.flat().map((job) => job.timestamp + (job.opts.delay ?? 0));
    return since.length === 0 ? 0 : Math.max(0, this.connection.clock.now() - Math.min(...since));
  }

  async list(queue: string, state: JobState, offset: number, limit: number): Promise<JobInfo[]> {
    const newestFirst = state === 'completed' || state === 'failed';
    const jobs = await this.queue(queue).getJobs(TYPES_OF[state], offset, offset + limit - 1, !newestFirst);
    return jobs.filter(Boolean).map((job) => infoOf(job, state));
  }

  async retry(queue: string, id: string): Promise<boolean> {
    const job = await this.queue(queue).getJob(id);
    if (!(await job?.isFailed())) return false;
    await job!.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    return true;
  }

  async purge(queue: string, state: 'completed' | 'failed', olderThanMs: number): Promise<number> {
    return (await this.queue(queue).clean(olderThanMs, 0, state)).length;
  }

  /** What the app's own queues on this store are made with; ours leave retention to their workers. */
  queueOptions(): QueueOptions {
    const defaultJobOptions = {
      removeOnComplete: kept(this.keep.completed),
      removeOnFail: kept(this.keep.failed),
    };
    return { ...this.options(), defaultJobOptions };
  }

  /** What `queue.add` comes to in the end, without what it does for options that our jobs do not have. */
  private addOne(queue: Queue<StoredData>, job: NewJob, once?: boolean): Promise<string> {
    return Job.create(queue, job.name, dataOf(job), this.optionsOf(job, once)).then(({ id }) => id!);
  }

  private async addMany(jobs: readonly NewJob[], once: boolean): Promise<string[]> {
    const ids = new Map<NewJob, string>();
    for (const [name, part] of groupedByQueue(jobs)) {
      const bulk = part.map((job) => ({ name: job.name, data: dataOf(job), opts: this.optionsOf(job, once) }));
      const added = await this.queue(name).addBulk(bulk);
      for (const [index, { id }] of added.entries()) ids.set(part[index], id!);
    }
    return jobs.map((job) => ids.get(job)!);
  }

  /** What `latest` needs beyond bullmq, which keeps the last call only while the job runs, not while it waits. */
  private async overwriteWaiting(job: NewJob, id: string): Promise<void> {
    if (id === job.id) return;
    const known = await this.queue(job.queue).getJob(id);
    const state = await known?.getState();
    if (state === 'waiting' || state === 'prioritized' || state === 'delayed') await known!.updateData(dataOf(job));
    const left = known && ['active', 'completed', 'failed', 'unknown'].includes(await known.getState());
    // It was taken, perhaps with the old arguments: ask again, so that a run with ours follows.
    if (left && state !== 'active') await this.add([job]);
  }

  private queue(name: string): Queue<StoredData> {
    const known = this.queues.get(name);
    if (known) return known;
    const queue = new Queue<StoredData>(name, this.options(), this.connection.backend).on('error', ignore);
    this.queues.set(name, queue);
    // bullmq never forgets that a first connection failed; a new object tries again.
    queue.waitUntilReady().catch(() => this.queues.get(name) === queue && this.queues.delete(name));
    return queue;
  }

  private queueEvents(queue: string): QueueEvents {
    const known = this.events.get(queue);
    if (known) return known;
    const options = { ...this.options(), blockingTimeout: EVENTS_WAIT_MS };
    const events = new QueueEvents(queue, options, this.connection.backend).on('error', ignore);
    events.setMaxListeners(0);
    this.events.set(queue, events);
    return events;
  }

  private async listen(events: QueueEvents): Promise<void> {
    await events.waitUntilReady();
    this.listening.add(events);
  }

  private optionsOf(job: NewJob, once?: boolean) {
    return optionsOf(job, this.connection.clock, once);
  }

  private options() {
    return { connection: this.connection as never, prefix: this.connection.prefix };
  }
}

/** Calls fail with the same error; without a listener bullmq would print it. */
function ignore(): void {}

function groupedByQueue(jobs: readonly NewJob[]): Map<string, NewJob[]> {
  const groups = new Map<string, NewJob[]>();
  for (const job of jobs) {
    const group = groups.get(job.queue);
    if (group) group.push(job);
    else groups.set(job.queue, [job]);
  }
  return groups;
}
