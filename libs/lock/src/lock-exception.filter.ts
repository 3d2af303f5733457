import { Catch, HttpException, HttpStatus, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { StaleFenceError } from './fencing/fence.errors.js';
import { LockBusyError, LockLostError, LockTimeoutError } from './lock.errors.js';

type Caught = LockBusyError | LockTimeoutError | LockLostError | StaleFenceError;

/**
 * Answers HTTP requests that met a lock: 423 Locked when somebody else holds it, 409 Conflict when the request itself
 * lost it or came too late, 503 when the lock's store did not answer. Other transports get the error as it is.
 *
 * @example { provide: APP_FILTER, useClass: LockExceptionFilter }
 */
@Catch(LockBusyError, LockTimeoutError, LockLostError, StaleFenceError)
export class LockExceptionFilter extends BaseExceptionFilter {
  override catch(error: Caught, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const statusCode = statusOf(error);
    const message = MESSAGES[statusCode];
    super.catch(new HttpException({ statusCode, error: error.code, message }, statusCode, { cause: error }), host);
  }
}

const LOCKED = 423;

/** The errors' own words name keys, which are not for clients. */
const MESSAGES: Record<number, string> = {
  [LOCKED]: 'Somebody else is working on this right now. Try again in a moment.',
  [HttpStatus.CONFLICT]: 'Somebody else has changed this meanwhile. Load it again and repeat your change.',
  [HttpStatus.SERVICE_UNAVAILABLE]: 'This cannot be changed at the moment. Try again later.',
};

function statusOf(error: Caught): number {
  if (error instanceof LockBusyError) return LOCKED;
  if (error instanceof LockTimeoutError) return error.cause === undefined ? LOCKED : HttpStatus.SERVICE_UNAVAILABLE;
  return HttpStatus.CONFLICT;
}
