export { afterCommit } from './after-commit.js';
export { aroundMethod, NotManagedByNestError, type AsyncMethod, type MethodCall } from './around-method.js';
export { BACKEND, type Backend, type BackendKind } from './backend.js';
export { memory, type MemoryBackend, type MemoryOptions } from './backends/memory/index.js';
export type { Bus, SubscribeOptions, Unsubscribe } from './bus.js';
export { ConnectionCount } from './connection-count.js';
export { abortable, checkMs, DEFAULT_DEADLINE_MS, sleep, withDeadline, type CallOptions } from './deadline.js';
export { defineModule, isModuleLoaded } from './define-module.js';
export { checkName, checkNamespace, resourceKey } from './key.js';
export { DRAIN, type DrainPhase, type DrainRegistry } from './drain.js';
export { MethodExplorer, type DiscoveredClass, type DiscoveredMethod } from './method-explorer.js';
export { ReplicaIdentity, type ReplicaRole } from './replica-identity.js';
export {
  BackendUnavailableError,
  ClosedError,
  DeadlineError,
  InvalidInputError,
  reason,
  RookeryError,
} from './rookery.error.js';
export { traced, type TraceCarrier } from './traced.js';
export type { TransactionManager } from './transaction-manager.js';
