import type { BackoffOptions } from '../jobs.options.js';
import type { JobContext } from '../job-context.js';

/** A handler class of this app, ready to run. */
export interface Handler {
  readonly name: string;
  readonly queue: string;
  readonly timeoutMs: number;
  readonly maxCrashes: number;
  readonly backoff: Required<BackoffOptions>;
  invoke(args: unknown, ctx: JobContext): unknown;
}
