/**
 * What every error of the suite is: a stable `code` for programs, a message for people that names the thing, what it
 * was, what was expected and the cure, and the `cause` where another error stands behind it.
 *
 * @example
 * catch (error) {
 *   if (error instanceof RookeryError && error.code === 'ROOKERY_LOCK_TIMEOUT') return retryLater();
 * }
 */
export class RookeryError extends Error {
  /** Never changes between versions; safe to branch on. */
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** An option, a name or an argument is not what the API accepts. Nothing was done. */
export class InvalidInputError extends RookeryError {
  constructor(what: string, was: unknown, expected: string) {
    super('ROOKERY_INVALID_INPUT', `${what} is ${shown(was)}, but must be ${expected}.`);
  }
}

/** A call that leaves the process got no answer in time. It may still take effect at the store. */
export class DeadlineError extends RookeryError {
  constructor(what: string, deadlineMs: number) {
    super(
      'ROOKERY_DEADLINE',
      `${what} got no answer within ${deadlineMs} ms. The store is down, frozen or overloaded; the call may still take effect there.`,
    );
  }
}

/** The store cannot be reached or refuses us. */
export class BackendUnavailableError extends RookeryError {
  constructor(address: string, cause: unknown) {
    super(
      'ROOKERY_BACKEND_UNAVAILABLE',
      `Cannot use the store at ${address}: ${reason(cause)}. Check that it is running, that the address is right and that it lets this user in.`,
      { cause },
    );
  }
}

/** Something was used before it was opened, or after it was closed. */
export class ClosedError extends RookeryError {
  constructor(what: string) {
    super('ROOKERY_CLOSED', `${what} is not open. Use it after the app has started and before it has shut down.`);
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string')
    return value.length > 80 ? `"${value.slice(0, 80)}…" (${value.length} characters)` : JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

/** The words of an unknown error. A refused connection's error has an empty message and its words in `code` or `errors`. */
export function reason(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return reason(cause.errors[0]);
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || (cause as NodeJS.ErrnoException).code || cause.name;
}
