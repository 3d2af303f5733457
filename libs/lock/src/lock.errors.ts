import { RookeryError } from '@rookery/core';

/** Every error of this lib; `key` is the lock's key. */
export class LockError extends RookeryError {
  constructor(
    code: string,
    readonly key: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(code, message, options);
  }
}

/** `acquire` waited as long as it was told to and somebody else still held the lock, or the store did not answer. */
export class LockTimeoutError extends LockError {
  constructor(key: string, waitedMs: number, cause?: unknown) {
    const why =
      cause === undefined ? 'somebody else held it all the time' : `the store failed: ${(cause as Error).message}`;
    super(
      'ROOKERY_LOCK_TIMEOUT',
      key,
      `Lock "${key}" was not granted within ${waitedMs} ms: ${why}. Try again later, wait longer (waitMs), or use tryAcquire to skip when busy.`,
      { cause },
    );
  }
}

/** A `@Locked({ waitMs: 0 })` method found its lock taken. */
export class LockBusyError extends LockError {
  constructor(key: string) {
    super(
      'ROOKERY_LOCK_BUSY',
      key,
      `Lock "${key}" is held by somebody else. Try again later, or let the caller wait (waitMs).`,
    );
  }
}

/** The lease ended, or may have ended, while its holder was still at work. Reason of the lock's `signal`. */
export class LockLostError extends LockError {
  constructor(key: string, why: string, cause?: unknown) {
    super(
      'ROOKERY_LOCK_LOST',
      key,
      `Lock "${key}" is lost: ${why}. Somebody else may hold it now; stop, and let fenced writes (assertFence) refuse what comes late.`,
      { cause },
    );
  }
}

/** This async context already holds the lock; waiting for it would never end. */
export class LockReentryError extends LockError {
  constructor(key: string) {
    super(
      'ROOKERY_LOCK_REENTRY',
      key,
      `Lock "${key}" is already held by this very call chain, so waiting for it would never end. Pass the lock on, or take it in one place only.`,
    );
  }
}
