import { DeadlineError, InvalidInputError } from './rookery.error.js';

/** How long a call to a store may take. */
export interface CallOptions {
  /** Milliseconds until the call fails with `DeadlineError`. @default 2000 */
  deadlineMs?: number;
  /** Gives the call up early; it then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** The deadline of a call that sets none, in milliseconds. */
export const DEFAULT_DEADLINE_MS = 2_000;

/**
 * Waits for `work`, but never longer than the deadline and never past an abort. The work itself is not stopped: its
 * late outcome is ignored, so that it cannot surface as an unhandled rejection.
 *
 * @throws DeadlineError when the time is up
 */
export function withDeadline<T>(what: string, work: Promise<T>, options: CallOptions = {}): Promise<T> {
  const { deadlineMs = DEFAULT_DEADLINE_MS, signal } = options;
  let timer: NodeJS.Timeout;
  const limited = new Promise<T>((resolve, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(what, deadlineMs)), deadlineMs);
    work.then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error as Error);
      },
    );
  });
  return signal ? abortable(limited, signal).finally(() => clearTimeout(timer)) : limited;
}

/** Waits for `work`, but rejects with the signal's reason as soon as it aborts. The late outcome is ignored. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  work.catch(() => undefined);
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    stop = () => signal.removeEventListener('abort', abort);
  });
  return Promise.race([work, aborted]).finally(stop);
}

/** Waits `ms` milliseconds; an abort rejects at once with the signal's reason. Does not keep the process alive. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const done = () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    };
    const timer = setTimeout(done, ms).unref();
    const abort = () => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Checks a duration: a finite number of at least `minimum` milliseconds. */
export function checkMs(what: string, value: unknown, minimum = 0): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= minimum) return value;
  throw new InvalidInputError(what, value, `a number of milliseconds, at least ${minimum}`);
}
