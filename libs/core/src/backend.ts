import type { Bus } from './bus.js';
import type { CallOptions } from './deadline.js';

/** Which kind of store a backend stands for. */
export type BackendKind = 'memory' | 'redis' | 'postgres';

/**
 * The store behind the modules. Made by `memory()`, `redis()` or `postgres()`: a plain object that connects on first
 * use, is shared by every module it is handed to, and is closed after its last user.
 *
 * @example
 * const backend = redis({ url: 'redis://localhost:6379' });
 * LockModule.forRoot({ backend }), WorkersModule.forRoot({ backend }) // one connection for both
 */
export interface Backend {
  readonly kind: BackendKind;
  /** Keeps apps that share a store apart: the first part of every key. */
  readonly namespace: string;
  /** Where the store is, without secrets: for logs, health and the doctor. */
  readonly address: string;
  readonly bus: Bus;

  /**
   * Counts one more user; the first connects.
   *
   * @throws BackendUnavailableError when the store cannot be reached within the deadline
   */
  open(): Promise<void>;

  /** Counts one user less; the last closes the connections that this backend made itself. */
  close(): Promise<void>;

  /** The store's clock, in milliseconds since the epoch. Also the cheapest proof that the store answers. */
  now(options?: CallOptions): Promise<number>;
}

/** Injects the backend that `ClusterModule` set up; modules used without it take `backend` in their options. */
export const BACKEND = 'ROOKERY_BACKEND';
