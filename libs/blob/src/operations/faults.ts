import { InvalidInputError, withDeadline } from '@rookery/core';
import type { OpenContainer } from '../blob.containers.js';
import { DamagedBlobError } from '../blob.driver.js';
import { BlobCorruptedError, BlobError, BlobStoreError } from '../blob.errors.js';

/** Which blob a call is about, for messages. */
export interface Subject {
  container: OpenContainer;
  name: string;
  action: string;
}

/** The store's own errors, in one shape. What is ours already, or the caller's own abort, stays as it is. */
export function fault({ container, name, action }: Subject, error: unknown, signal?: AbortSignal): unknown {
  if (error instanceof BlobError || error instanceof InvalidInputError || (signal?.aborted && error === signal.reason))
    return error;
  if (error instanceof DamagedBlobError) return new BlobCorruptedError(container.name, name, error.message, error);
  return new BlobStoreError(action, container.name, name, container.driver.kind, error);
}

/** One call to the store: within the deadline, its errors in one shape. */
export async function asked<T>(subject: Subject, work: Promise<T>, signal?: AbortSignal): Promise<T> {
  const { container, name, action } = subject;
  try {
    return await withDeadline(`The attempt to ${action} blob "${name}"`, work, {
      deadlineMs: container.deadlineMs,
      signal,
    });
  } catch (error) {
    throw fault(subject, error, signal);
  }
}
