import { Injectable } from '@nestjs/common';
import { MethodExplorer, reason, type DiscoveredMethod } from '@rookery/core';
import { HANDLER_METADATA, type HandlerMetadata } from './decorators/worker-handler.decorator.js';
import { TASK_METADATA, type TaskMetadata } from './decorators/task.metadata.js';
import { checkSchedule } from './schedule/check-schedule.js';
import type { TaskCode } from './scheduler/task.js';
import { WorkerDefinitionError } from './workers.errors.js';
import { checkedPolicy, checkTaskName } from './workers.options.js';
import type { WorkerRun } from './worker-run.js';

type Found = Pick<DiscoveredMethod<unknown>, 'instance' | 'methodName'>;

/** Finds the methods that run tasks, and refuses at boot what could not run. */
@Injectable()
export class WorkersExplorer {
  constructor(private readonly explorer: MethodExplorer) {}

  /** @throws WorkerDefinitionError or InvalidInputError naming Class.method */
  tasks(): TaskCode[] {
    const found = this.explorer.methods<TaskMetadata>(TASK_METADATA);
    return unique(found.map((method) => this.task(method)));
  }

  /** The methods that dynamic schedules may name, by that name. */
  handlers(): TaskCode[] {
    const found = this.explorer.methods<HandlerMetadata>(HANDLER_METADATA);
    return unique(
      found.map(({ metadata: { name, options }, label, isSingleton, ...method }) => {
        checkTaskName(`The handler name of ${label}`, name);
        refuseScoped(name, label, isSingleton);
        const definition = { name, kind: 'cron', schedule: '', source: 'dynamic' } as const;
        return { definition, label, policy: checkedPolicy(label, options), execute: (run) => call(method, run) };
      }),
    );
  }

  private task({ metadata, label, isSingleton, ...method }: DiscoveredMethod<TaskMetadata>): TaskCode {
    const { kind, schedule, options } = metadata;
    const name = checkTaskName(`The task name of ${label}`, options.name);
    refuseScoped(name, label, isSingleton);
    try {
      if (kind !== 'worker') checkSchedule(schedule);
    } catch (error) {
      throw new WorkerDefinitionError(name, label, `has a schedule that cannot be: ${reason(error)}`, error);
    }
    return {
      definition: { name, kind, schedule: JSON.stringify(schedule), source: 'code' },
      label,
      policy: checkedPolicy(label, options),
      execute: (run) => (kind === 'worker' ? call(method, run.signal, run) : call(method, run)),
    };
  }
}

function call({ instance, methodName }: Found, ...args: [WorkerRun] | [AbortSignal, WorkerRun]): unknown {
  return (instance as Record<string, (...args: unknown[]) => unknown>)[methodName](...args);
}

function refuseScoped(name: string, label: string, isSingleton: boolean): void {
  if (isSingleton) return;
  const why =
    'belongs to a request-scoped or transient class, of which there is no instance outside a request. Move the method to a singleton provider, or make the class one.';
  throw new WorkerDefinitionError(name, label, why);
}

function unique(tasks: TaskCode[]): TaskCode[] {
  const byName = new Map<string, TaskCode>();
  for (const task of tasks) {
    const other = byName.get(task.definition.name);
    if (other) {
      const why = `has the same name as ${other.label}. Every task of an application needs a name of its own.`;
      throw new WorkerDefinitionError(task.definition.name, task.label, why);
    }
    byName.set(task.definition.name, task);
  }
  return tasks;
}
