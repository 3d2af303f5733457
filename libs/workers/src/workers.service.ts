import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { withDeadline } from '@rookery/core';
import type { RunRecord, TaskRecord } from './workers.driver.js';
import type { WorkersContext } from './workers.context.js';
import { UnknownTaskError, WorkerDefinitionError } from './workers.errors.js';
import { checkedPolicy, checkTaskName, type TaskOptions } from './workers.options.js';
import { dataOf, scheduleOf, type DynamicSchedule } from './dynamic-schedule.js';
import { runOnce } from './run-once.js';
import { taskInfo, type TaskInfo } from './task-info.js';

/**
 * Looks at the tasks of the application and changes them, from any replica, also one that runs none.
 *
 * @example
 * await workers.upsert({ name: `report:${tenant.id}`, handler: 'tenant-report', cron: '0 6 * * 1', data: { tenant: tenant.id } });
 * for (const task of await workers.list()) if (task.overdueMs > 60_000) alarm(task.name);
 */
@Injectable()
export class WorkersService {
  constructor(private readonly context: WorkersContext) {}

  /** Every task of the application by name, whoever runs it. @throws when the store does not answer */
  async list(): Promise<TaskInfo[]> {
    const records = await withDeadline('Listing tasks', this.context.driver.load());
    const tasks = records.filter(({ definition }) => definition.kind !== 'once').map(taskInfo);
    return tasks.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * The task's ended runs, the newest first.
   *
   * @throws UnknownTaskError
   */
  async history(name: string, limit = 50): Promise<RunRecord[]> {
    await this.find(name);
    return withDeadline('Reading the history', this.context.driver.history(name, limit));
  }

  /**
   * Has the task run now, beside its slots, on any replica that has its code; after the run that is going on, if
   * there is one and the task's overlap does not allow two. Answers the id of the run.
   *
   * @throws UnknownTaskError
   */
  async runNow(name: string): Promise<string> {
    const runId = randomUUID();
    const { definition } = await this.find(name);
    if (definition.kind === 'worker')
      throw new WorkerDefinitionError(name, 'runNow', 'is a worker: it runs all the time, not at times.');
    await this.change(name, this.context.driver.request(name, runId, 1));
    return runId;
  }

  /**
   * No slot runs anywhere until `resume`, over restarts too. A run that is going on goes on; a worker is told to stop.
   *
   * @throws UnknownTaskError
   */
  pause(name: string): Promise<void> {
    return this.change(name, this.context.driver.pause(name, true));
  }

  /** Slots run again from now on; those that passed meanwhile do not. @throws UnknownTaskError */
  resume(name: string): Promise<void> {
    return this.change(name, this.context.driver.pause(name, false));
  }

  /**
   * Adds a schedule, or changes the one of that name. It is kept at the store and followed by every replica within a
   * second.
   *
   * @throws WorkerDefinitionError for a name that belongs to a decorator, or a schedule that cannot be
   * @throws InvalidInputError for a bad name or bad options
   */
  async upsert(schedule: DynamicSchedule): Promise<void> {
    const { name, handler, data, cron, timeZone, everyMs, at, ...options } = schedule;
    checkTaskName('The task name', name);
    checkTaskName(`The handler of task "${name}"`, handler);
    const [kind, when] = scheduleOf({ cron, timeZone, everyMs, at }, name);
    checkedPolicy(`task "${name}"`, options satisfies Omit<TaskOptions, 'name'>);
    const text = dataOf(name, data);
    const [known] = await withDeadline('Reading a task', this.context.driver.load([name]));
    if (known && known.definition.source === 'code')
      throw new WorkerDefinitionError(name, 'upsert', 'belongs to a decorator in the code. Choose another name.');
    const definition = { name, kind, schedule: JSON.stringify(when), source: 'dynamic', handler } as const;
    const task = { ...definition, data: text, policy: JSON.stringify(options) };
    const notBefore = at === undefined ? undefined : 0;
    await withDeadline('Saving a task', this.context.driver.register([{ ...task, notBefore }]));
    this.context.announce();
  }

  /**
   * Removes a dynamic schedule and its history; a run that is going on goes on. False when there is none of that name.
   *
   * @throws WorkerDefinitionError for a name that belongs to a decorator
   */
  async remove(name: string): Promise<boolean> {
    const [known] = await withDeadline('Reading a task', this.context.driver.load([name]));
    if (known?.definition.source === 'code')
      throw new WorkerDefinitionError(
        name,
        'remove',
        'belongs to a decorator in the code; pause it, or remove it there.',
      );
    const removed = await withDeadline('Removing a task', this.context.driver.remove(name));
    this.context.announce();
    return removed;
  }

  /**
   * Runs `work` once in the life of the cluster, whatever replicas start: seeds, one-off migrations. Whoever comes while
   * it runs elsewhere waits for it; when it fails or its replica dies, the next one tries again.
   *
   * @returns whether it ran here
   * @throws what `work` throws
   */
  runOnce(name: string, work: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> {
    return runOnce(this.context, checkTaskName('The name', name), work);
  }

  private async find(name: string): Promise<TaskRecord> {
    const [record] = await withDeadline('Reading a task', this.context.driver.load([name]));
    if (!record || record.definition.kind === 'once') throw new UnknownTaskError(name);
    return record;
  }

  private async change(name: string, call: Promise<boolean>): Promise<void> {
    if (!(await withDeadline(`Changing task "${name}"`, call))) throw new UnknownTaskError(name);
    this.context.announce();
  }
}
