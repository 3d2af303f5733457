import { inspect } from 'node:util';
import { RookeryError } from '@rookery/core';

/**
 * The app cannot start as it is configured or where it runs. Printed as one paragraph: it is about the surroundings,
 * so a stack trace would only bury what to do.
 */
export class BootError extends RookeryError {
  constructor(code: string, message: string, cause?: unknown) {
    super(code, message, { cause });
    this.stack = `${this.name}: ${message}`;
  }

  /** Loggers print the cause with its stack too; the message says all of it. */
  [inspect.custom](): string {
    return this.stack!;
  }
}

/** Runs a step of the boot; what is ours and goes wrong there is printed as one paragraph, a bug with its stack. */
export async function atBoot<T>(step: () => T | Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof RookeryError) || error instanceof BootError) throw error;
    throw new BootError(error.code, error.message, error);
  }
}

/**
 * For the end of main.ts: prints why the app did not start, a RookeryError as one paragraph, and ends the process.
 *
 * @example
 * bootstrap().catch(exitOnBootError);
 */
export function exitOnBootError(error: unknown): never {
  process.stderr.write(`\n${error instanceof RookeryError ? `${error.name}: ${error.message}` : inspect(error)}\n`);
  // What an app that came up by half still holds open must not keep a process that serves nothing.
  process.exit(1);
}
