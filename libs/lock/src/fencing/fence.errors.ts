import { RookeryError } from '@rookery/core';

/** A holder wrote with a token older than one this resource has seen. Let it roll the transaction back. */
export class StaleFenceError extends RookeryError {
  constructor(
    readonly resource: string,
    readonly token: number,
  ) {
    super(
      'ROOKERY_STALE_FENCE',
      `A write to "${resource}" with fencing token ${token} came too late: a newer holder has written since. Roll back and drop the work; the newer holder does it.`,
    );
  }
}
