import type { Backend } from '../../backend.js';
import { checkNamespace } from '../../key.js';
import { MemoryBus } from './memory.bus.js';

/** Options of `memory()`. */
export interface MemoryOptions {
  /** @default 'rookery' */
  namespace?: string;
}

/** The backend for a single process: nothing to install, nothing kept after the process ends. */
export interface MemoryBackend extends Backend {
  readonly kind: 'memory';

  /**
   * State that all drivers of one kind share when they are handed this backend, as they would share a store.
   *
   * @param name one name per driver, e.g. `lock`
   */
  shared<State extends object>(name: string, create: () => State): State;
}

/**
 * The in-process backend: for tests, a laptop, or an app that never has more than one replica. Two apps in one process
 * that are handed the same object behave as two replicas on one store.
 *
 * @example LockModule.forRoot({ backend: memory() })
 */
export function memory(options: MemoryOptions = {}): MemoryBackend {
  const states = new Map<string, object>();
  return {
    kind: 'memory',
    namespace: checkNamespace(options.namespace ?? 'rookery'),
    address: 'the memory of this process',
    bus: new MemoryBus(),
    open: async () => undefined,
    close: async () => undefined,
    now: async () => Date.now(),
    shared<State extends object>(name: string, create: () => State): State {
      const known = states.get(name) ?? create();
      states.set(name, known);
      return known as State;
    },
  };
}
