/** What can go wrong in this package, by code. */
export type TestingErrorCode =
  | 'REDIS_NOT_FOUND'
  | 'POSTGRES_NOT_FOUND'
  | 'S3_NOT_FOUND'
  | 'DOCKER_FAILED'
  | 'NO_UNPRIVILEGED_USER'
  | 'NO_FREE_PORT'
  | 'PORT_IN_USE'
  | 'START_FAILED'
  | 'START_TIMEOUT'
  | 'NO_SUCH_REPLICA';

/** Says in one paragraph what could not be started or broken, and what to do about it. */
export class TestingError extends Error {
  override readonly name = 'TestingError';

  constructor(
    /** Stable name of the problem, to compare with. */
    readonly code: TestingErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
