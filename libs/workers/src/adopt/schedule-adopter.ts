import { Logger } from '@nestjs/common';
import type { ScheduleExplorer, SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import type { TaskCode } from '../scheduler/task.js';
import { checkedPolicy } from '../workers.options.js';
import { adoptJob, type JobControls } from './cluster-job.js';
import type { ScheduledMethod } from './scheduled-methods.js';
import { inertTimer, takeInterval } from './timers.js';

/**
 * Makes what @nestjs/schedule would run on every replica run once in the cluster: keeps it from mounting the decorated
 * methods and mounts them here, and watches its registry for jobs that the app adds itself. The registry goes on
 * working for all of them.
 */
export class ScheduleAdopter {
  private readonly logger = new Logger('Workers');
  private readonly addCronJob: SchedulerRegistry['addCronJob'];
  private readonly addInterval: SchedulerRegistry['addInterval'];

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly controls: JobControls,
  ) {
    this.addCronJob = registry.addCronJob.bind(registry);
    this.addInterval = registry.addInterval.bind(registry);
  }

  /** From now on, nothing of the app's runs on every replica. Before @nestjs/schedule mounts, that is in `onModuleInit`. */
  takeOver(explorer: ScheduleExplorer | undefined): void {
    const { registry } = this;
    const orchestrator = explorer?.['schedulerOrchestrator'];
    if (orchestrator)
      orchestrator.mountCron = orchestrator.mountIntervals = orchestrator.mountTimeouts = () => undefined;
    for (const [name, job] of registry.getCronJobs()) adoptJob(name, job, this.controls);
    for (const name of registry.getIntervals()) this.adoptInterval(name, registry.getInterval(name) as NodeJS.Timeout);
    registry.addCronJob = (name, job) => {
      this.addCronJob(name, job);
      adoptJob(name, job, this.controls);
    };
    registry.addInterval = (name, timer) => {
      this.addInterval(name, timer);
      this.adoptInterval(name, timer as NodeJS.Timeout);
    };
    for (const remove of ['deleteInterval', 'deleteTimeout'] as const) {
      const original = registry[remove].bind(registry);
      registry[remove] = (name) => {
        original(name);
        this.controls.leave(name);
      };
    }
  }

  /** Mounts a decorated method, in the cluster or, with `@EveryReplica()`, as it would have been. */
  mount(method: ScheduledMethod): void {
    const { name, call, everyReplica } = method;
    if (method.kind === 'cron') return this.mountCron(name, method.options, call, everyReplica);
    const { timeout } = method.options;
    if (method.kind === 'interval')
      this.addInterval(name, everyReplica ? setInterval(() => void this.logged(call), timeout) : inertTimer());
    else
      this.registry.addTimeout(name, everyReplica ? setTimeout(() => void this.logged(call), timeout) : inertTimer());
    if (!everyReplica) this.join(method, timeout);
  }

  private mountCron(
    name: string,
    { disabled, initialDelay, ...options }: Extract<ScheduledMethod, { kind: 'cron' }>['options'],
    call: () => unknown,
    everyReplica: boolean,
  ): void {
    const onTick = everyReplica ? () => this.logged(call) : call;
    const job = CronJob.from({ ...options, onTick: onTick as () => void, start: false } as never) as CronJob;
    this.addCronJob(name, job);
    if (!everyReplica) adoptJob(name, job, this.controls);
    if (disabled) return;
    if (!initialDelay) return job.start();
    setTimeout(() => {
      if (this.registry.getCronJobs().get(name) === job) job.start();
    }, initialDelay).unref();
  }

  private adoptInterval(name: string, timer: NodeJS.Timeout): void {
    const taken = takeInterval(timer);
    if (!taken) return this.logger.warn(`Interval "${name}" cannot be adopted and runs on every replica.`);
    const { everyMs, callback, isCleared } = taken;
    const call = () => (isCleared() ? this.controls.leave(name) : callback());
    this.join({ name, label: name, kind: 'interval', call }, everyMs);
  }

  private join(
    { name, label, kind, call }: Pick<ScheduledMethod, 'name' | 'label' | 'kind' | 'call'>,
    ms: number,
  ): void {
    const schedule = JSON.stringify(kind === 'interval' ? { everyMs: ms } : { afterMs: ms });
    const policy = checkedPolicy(name, {
      misfire: kind === 'interval' ? 'skip' : 'once',
      onCrash: 'skip',
      overlap: 'allow',
    });
    const code: TaskCode = { definition: { name, kind, schedule, source: 'code' }, label, policy, execute: call };
    this.controls.join(code);
  }

  private async logged(call: () => unknown): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.logger.error(error);
    }
  }
}
