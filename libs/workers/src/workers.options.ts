import { checkMs, checkName, InvalidInputError, type Backend } from '@rookery/core';

/** How a task behaves in the cluster; the same for every kind of slot. */
export interface TaskOptions {
  /** Unique in the application, 1 to 128 characters. Keep it over renames of the method: it is the task's identity. */
  name: string;
  /**
   * What happens to slots that passed while no replica was up: `skip` drops them, `once` runs the last of them (with
   * `run.missed` for the others), `all` runs each. @default 'once'
   */
  misfire?: 'skip' | 'once' | 'all';
  /** Milliseconds after which a missed slot is not made up any more. @default none */
  maxLateMs?: number;
  /** The most missed (or queued) slots that are made up or counted; older ones are dropped. @default 100 */
  maxMissed?: number;
  /**
   * What happens to a slot that comes while a run of the task is still going on, on whatever replica: `skip` drops it,
   * `queue` runs it afterwards, `allow` runs it beside. @default 'skip'
   */
  overlap?: 'skip' | 'queue' | 'allow';
  /**
   * What happens to a run whose replica died or was shut down in the middle: `skip` leaves it, `rerun` starts it again
   * on another replica, with a higher `attempt` and fencing token. @default 'rerun'
   */
  onCrash?: 'skip' | 'rerun';
  /** Starts in all that crashes may use up, so that a run that kills its process ends some day. @default 3 */
  maxAttempts?: number;
  /** Milliseconds until the run's `signal` aborts and the run counts as timed out. @default none */
  timeoutMs?: number;
  /** Spreads the starts: each slot begins up to so many milliseconds late, the same on every replica. @default 0 */
  jitterMs?: number;
}

/** Options of `WorkersModule.forRoot()`. */
export interface WorkersModuleOptions {
  /** The store. @default the backend of ClusterModule, else memory() */
  backend?: Backend;
  /** Keeps the tasks of two apps on one store and one namespace apart. @default 'default' */
  application?: string;
  /** With `false` this replica runs nothing; `WorkersService` still works. @default whether the replica has role workers */
  enabled?: boolean;
  /** Also makes every `@Cron`, `@Interval` and `@Timeout` of @nestjs/schedule run once per cluster. @default false */
  adopt?: boolean;
  /**
   * Milliseconds after which a replica that was not heard of counts as dead, and its runs and workers move. A living one
   * is heard of about three times as often. At least 500. @default 3500
   */
  leaseMs?: number;
  /** Ended runs kept per task. @default 100 */
  historySize?: number;
  /** Milliseconds that a task from code is kept after the last replica that had it. @default 14 days */
  forgetAfterMs?: number;
  /** Milliseconds that runs may take to finish at shutdown when ClusterModule sets no budget. @default 10000 */
  drainMs?: number;
}

const NAME_CHARACTERS = 128;
const FORGET_AFTER_MS = 14 * 24 * 3_600_000;

/** @throws InvalidInputError naming what is wrong */
export function checkedModuleOptions(options: WorkersModuleOptions) {
  return {
    application: checkTaskName('The application', options.application ?? 'default'),
    leaseMs: checkMs('leaseMs of WorkersModule', options.leaseMs ?? 3_500, 500),
    historySize: checkCount('historySize of WorkersModule', options.historySize ?? 100),
    forgetAfterMs: checkMs('forgetAfterMs of WorkersModule', options.forgetAfterMs ?? FORGET_AFTER_MS),
    adopt: options.adopt ?? false,
    drainMs: checkMs('drainMs of WorkersModule', options.drainMs ?? 10_000),
  };
}

/** How a task behaves, with all defaults filled in. */
export type TaskPolicy = Required<Omit<TaskOptions, 'name' | 'timeoutMs'>> & Pick<TaskOptions, 'timeoutMs'>;

/** @throws InvalidInputError naming what is wrong */
export function checkedPolicy(what: string, options: Omit<TaskOptions, 'name'>): TaskPolicy {
  const { misfire = 'once', overlap = 'skip', onCrash = 'rerun', maxLateMs = Infinity, timeoutMs } = options;
  checkOneOf(`misfire of ${what}`, misfire, ['skip', 'once', 'all']);
  checkOneOf(`overlap of ${what}`, overlap, ['skip', 'queue', 'allow']);
  checkOneOf(`onCrash of ${what}`, onCrash, ['skip', 'rerun']);
  if (maxLateMs !== Infinity) checkMs(`maxLateMs of ${what}`, maxLateMs);
  if (timeoutMs !== undefined) checkMs(`timeoutMs of ${what}`, timeoutMs, 1);
  return {
    misfire,
    overlap,
    onCrash,
    maxLateMs,
    timeoutMs,
    maxMissed: checkCount(`maxMissed of ${what}`, options.maxMissed ?? 100),
    maxAttempts: checkCount(`maxAttempts of ${what}`, options.maxAttempts ?? 3),
    jitterMs: checkMs(`jitterMs of ${what}`, options.jitterMs ?? 0),
  };
}

/** @throws InvalidInputError for an empty name, one over 128 characters, or one with control characters */
export function checkTaskName(what: string, name: unknown): string {
  if (typeof name === 'string' && name.length > NAME_CHARACTERS)
    throw new InvalidInputError(what, name, `a name of at most ${NAME_CHARACTERS} characters`);
  return checkName(what, name, 4 * NAME_CHARACTERS);
}

function checkCount(what: string, value: unknown): number {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 10_000) return value as number;
  throw new InvalidInputError(what, value, 'a whole number from 1 to 10000');
}

function checkOneOf(what: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw new InvalidInputError(what, value, `one of ${allowed.join(', ')}`);
}
