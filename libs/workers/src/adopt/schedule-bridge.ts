import { randomUUID } from 'node:crypto';
import type { ModuleRef } from '@nestjs/core';
import { ScheduleExplorer, SchedulerRegistry } from '@nestjs/schedule';
import { InvalidInputError, type MethodExplorer } from '@rookery/core';
import { CronJob } from 'cron';
import type { CronSchedule } from '../schedule/schedule.js';
import type { TaskCode } from '../scheduler/task.js';
import type { WorkersContext } from '../workers.context.js';
import { WorkerDefinitionError } from '../workers.errors.js';
import { clusterJob, type JobControls } from './cluster-job.js';
import { ScheduleAdopter } from './schedule-adopter.js';
import { scheduledMethods } from './scheduled-methods.js';

/** The connection to @nestjs/schedule: clustered crons show up in its registry, and its own jobs can be adopted. */
export class ScheduleBridge {
  private registry: SchedulerRegistry | undefined;
  private adopter: ScheduleAdopter | undefined;
  private scheduleExplorer: ScheduleExplorer | undefined;

  constructor(
    private readonly context: WorkersContext,
    private readonly modules: ModuleRef,
    private readonly methods: MethodExplorer,
  ) {}

  /** In `onModuleInit`, before @nestjs/schedule mounts anything. @throws InvalidInputError */
  init(): void {
    this.registry = this.find(SchedulerRegistry);
    this.scheduleExplorer = this.find(ScheduleExplorer);
    if (!this.context.settings.adopt) return;
    if (!this.registry)
      throw new InvalidInputError('WorkersModule with adopt: true', 'alone', 'beside ScheduleModule.forRoot()');
    this.adopter = new ScheduleAdopter(this.registry, this.controls());
    this.adopter.takeOver(this.scheduleExplorer);
  }

  /** Puts the tasks to work. In `onApplicationBootstrap`. */
  mount(tasks: readonly TaskCode[]): void {
    const { scheduler, enabled } = this.context;
    if (enabled) {
      for (const task of tasks) {
        if (task.definition.kind === 'cron' && this.registry) this.mirror(task, this.registry);
        else scheduler.table.add(task);
      }
    }
    const options = this.scheduleExplorer?.['moduleOptions'];
    const isOn = { cron: options?.cronJobs, interval: options?.intervals, timeout: options?.timeouts };
    if (this.adopter)
      for (const method of scheduledMethods(this.methods)) if (isOn[method.kind]) this.adopter.mount(method);
  }

  private mirror(task: TaskCode, registry: SchedulerRegistry): void {
    const { name, schedule } = task.definition;
    const { cron, timeZone } = JSON.parse(schedule) as CronSchedule;
    const fire = async () => {
      await this.context.driver.request(name, randomUUID(), 1);
      this.context.announce();
    };
    const job: CronJob = new CronJob(cron, fire, null, false, timeZone, null, false, null, true);
    const execute: TaskCode['execute'] = (run) => {
      job.lastExecution = run.startedAt;
      return task.execute(run);
    };
    clusterJob(name, job, this.controls(), { ...task, execute });
    // The adopter watches the registry's methods; this job is clustered already.
    SchedulerRegistry.prototype.addCronJob.call(registry, name, job);
    job.start();
  }

  private controls(): JobControls {
    const { scheduler, enabled } = this.context;
    if (!enabled) return { join: () => undefined, leave: () => undefined };
    return {
      join: (code) => {
        const { name } = code.definition;
        if (scheduler.table.codeOf(name))
          throw new WorkerDefinitionError(name, code.label, 'has the name of another task. Give one of them another.');
        scheduler.table.add(code);
        scheduler.changed();
      },
      leave: (name) => scheduler.table.drop(name),
    };
  }

  private find<T>(token: abstract new (...args: never[]) => T): T | undefined {
    try {
      return this.modules.get<T>(token as never, { strict: false });
    } catch {
      return undefined;
    }
  }
}
