import type { Schedule } from '../schedule/schedule.js';
import type { TaskDefinition } from '../workers.driver.js';
import type { TaskOptions } from '../workers.options.js';
import type { WorkerRun } from '../worker-run.js';

/** What a decorator leaves on a method. */
export interface TaskMetadata {
  kind: Exclude<TaskDefinition['kind'], 'once' | 'at'>;
  schedule: Schedule | Record<string, never>;
  options: TaskOptions;
}

export const TASK_METADATA = Symbol('rookery:workers:task');

/** A method that runs a task. */
export type RunMethod = (run: WorkerRun) => unknown;

/** Only methods that fit can be decorated; TypeScript refuses the rest. */
export type MethodDecoratorFor<Method> = <Actual extends Method>(
  target: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<Actual>,
) => void;

export function taskDecorator<Method>(metadata: TaskMetadata): MethodDecoratorFor<Method> {
  return (_target, _method, descriptor) => {
    Reflect.defineMetadata(TASK_METADATA, metadata, descriptor.value as object);
  };
}
