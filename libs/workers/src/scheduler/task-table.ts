import { Logger } from '@nestjs/common';
import { reason } from '@rookery/core';
import type { TaskRecord, WorkersDriver } from '../workers.driver.js';
import { checkedPolicy, type TaskOptions } from '../workers.options.js';
import { Task, type TaskCode } from './task.js';

/** The tasks that this replica can run: its own code, and the dynamic ones for whose handler it has the code. */
export class TaskTable {
  readonly tasks = new Map<string, Task>();
  private readonly logger = new Logger('Workers');
  private readonly code = new Map<string, TaskCode>();
  private readonly handlers = new Map<string, TaskCode>();

  constructor(
    private readonly driver: WorkersDriver,
    private readonly forgetAfterMs: number,
    private readonly upSince: () => number,
  ) {}

  add(code: TaskCode): void {
    this.code.set(code.definition.name, code);
  }

  /** Takes a task off this replica; the others keep it. */
  drop(name: string): void {
    this.code.delete(name);
    this.tasks.delete(name);
  }

  addHandler(name: string, code: TaskCode): void {
    this.handlers.set(name, code);
  }

  codeOf(name: string): TaskCode | undefined {
    return this.code.get(name);
  }

  handlerOf(name: string): TaskCode | undefined {
    return this.handlers.get(name);
  }

  /**
   * Makes the tasks from code known; later, that they are still there, as the store has them by then: an older replica
   * must not undo what a newer one changed. A store that lost its data gets them back at the slot where they were.
   */
  async register(): Promise<void> {
    const definitions = [...this.code.values()].map(({ definition }) => {
      const task = this.tasks.get(definition.name);
      const isDueFromTheStart = definition.kind === 'timeout' || definition.kind === 'worker';
      return {
        ...definition,
        schedule: task?.schedule ?? definition.schedule,
        notBefore: task?.cursor ?? (isDueFromTheStart ? 0 : undefined),
      };
    });
    await this.driver.register(definitions);
    await this.driver.forget(this.forgetAfterMs);
  }

  /** Learns what the store knows. False when it lacks a task of ours. */
  async reload(): Promise<boolean> {
    const records = await this.driver.load();
    const known = new Set(records.map(({ name }) => name));
    for (const name of this.tasks.keys()) if (!known.has(name) && !this.code.has(name)) this.tasks.delete(name);
    for (const record of records) this.adopt(record);
    return [...this.code.keys()].every((name) => known.has(name));
  }

  private adopt(record: TaskRecord): void {
    const { definition } = record;
    try {
      const own = definition.source === 'code' ? this.code.get(definition.name) : this.dynamic(record);
      // Somebody else's: a newer or older version of the app has it, or another role.
      if (!own) return void this.tasks.delete(definition.name);
      const known = this.tasks.get(definition.name);
      const task = known && isSame(known.code, own) ? known : new Task(own);
      task.follow(definition.schedule, this.upSince);
      task.learn(record);
      this.tasks.set(definition.name, task);
    } catch (error) {
      this.tasks.delete(definition.name);
      this.logger.warn(`Leaving task "${definition.name}" to other replicas: ${reason(error)}`);
    }
  }

  private dynamic({ definition }: TaskRecord): TaskCode | undefined {
    const handler = definition.handler === undefined ? undefined : this.handlers.get(definition.handler);
    if (!handler) return undefined;
    const policy = checkedPolicy(`task "${definition.name}"`, JSON.parse(definition.policy ?? '{}') as TaskOptions);
    return { ...handler, definition, policy };
  }
}

function isSame(a: TaskCode, b: TaskCode): boolean {
  return a === b || (a.execute === b.execute && JSON.stringify(a.definition) === JSON.stringify(b.definition));
}
