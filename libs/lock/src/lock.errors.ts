import { RookeryError } from '@rookery/core';

/** Every error of this lib; `key` is the lock's key, or its keys with a comma between them. */
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

/** A method that is `@Locked` with `busy: 'throw'` found its lock taken. */
export class LockBusyError extends LockError {
  constructor(key: string) {
    super(
      'ROOKERY_LOCK_BUSY',
      key,
      `Lock "${key}" is held by somebody else. Try again later, or let the caller wait (busy: 'wait').`,
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

/** A key is used as a lock here and as a semaphore there, or with two different numbers of permits. */
export class LockModeError extends LockError {
  constructor(key: string, inUse: string, wanted: string) {
    super(
      'ROOKERY_LOCK_MODE',
      key,
      `Lock "${key}" is in use as ${inUse}, but was asked for as ${wanted}. Use a key in one way everywhere: exclusive and shared, or one number of permits.`,
    );
  }
}

/** Two who share a lock want to upgrade it: each would wait for the other to leave. */
export class LockUpgradeError extends LockError {
  constructor(key: string) {
    super(
      'ROOKERY_LOCK_UPGRADE',
      key,
      `Lock "${key}" cannot be upgraded: another of its readers is upgrading and waits for this one to leave. Release it and acquire it exclusively; then read again, since the other one writes first.`,
    );
  }
}
