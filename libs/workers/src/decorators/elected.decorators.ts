import type { MethodDecoratorFor, RunMethod } from './task.metadata.js';

export const ELECTED_METADATA = Symbol('rookery:workers:elected');
export const DEMOTED_METADATA = Symbol('rookery:workers:demoted');

const listener =
  (key: symbol): MethodDecoratorFor<RunMethod> =>
  (_target, _method, descriptor) =>
    Reflect.defineMetadata(key, true, descriptor.value as object);

/**
 * Called on the replica that has become the leader, with the run that lasts as long as it leads.
 *
 * @example
 * @OnElected()
 * async lead(run: WorkerRun) { this.feed = openFeed({ signal: run.signal, fence: run.fencingToken }); }
 */
export function OnElected(): MethodDecoratorFor<RunMethod> {
  return listener(ELECTED_METADATA);
}

/** Called on the replica that led, when it no longer does: it drains, or could not prove in time that it lives. */
export function OnDemoted(): MethodDecoratorFor<RunMethod> {
  return listener(DEMOTED_METADATA);
}
