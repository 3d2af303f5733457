/** What a task is at the store; the same for tasks from decorators and for dynamic ones. */
export interface TaskDefinition {
  name: string;
  kind: 'cron' | 'interval' | 'timeout' | 'at' | 'worker' | 'once';
  /** When it is due, as JSON. Another text than the store's starts the slots anew from now. */
  schedule: string;
  /** Who declared it: code that ships with the app, or `WorkersService.upsert()`. */
  source: 'code' | 'dynamic';
  /** Dynamic tasks only: the `@WorkerHandler` that runs it. */
  handler?: string;
  /** Dynamic tasks only: handed to the handler, as JSON. */
  data?: string;
  /** Dynamic tasks only: their `TaskOptions`, as JSON. */
  policy?: string;
}

/** What the store knows of a task. Times are the store's, in milliseconds since the epoch. */
export interface TaskState {
  name: string;
  /** The last slot that was claimed or let go: only later ones may still run. */
  cursor: number;
  paused: boolean;
  /** Runs that are going on or wait to be taken over. */
  active: number;
  /** The slot of the run that began last. */
  slot: number | null;
  /** Start of the last run. */
  startedAt: number | null;
  /** When the last run ended, or was last known to be alive; null while it runs. */
  finishedAt: number | null;
  /** Failed runs since the last good one. */
  failures: number;
  /** The store's time when this state was read. */
  readAt: number;
}

/** A task with all that is known of it. */
export interface TaskRecord extends TaskState {
  definition: TaskDefinition;
  /** The run that ended last, leaving out what was skipped. */
  lastRun: RunRecord | null;
  /** The runs that are going on or wait for a replica. */
  runs: RunRecord[];
}

/**
 * How a run stands. `pending`: waits for a replica (asked for by hand, or to be run again) · `crashed`: its replica
 * died · `cut`: stopped by a shutdown · `timed-out`: longer than `timeoutMs` · `skipped`: it never began, `error` is the
 * {@link SkipReason}, and `missed` earlier slots were skipped with it.
 */
export type RunStatus = 'pending' | 'running' | 'succeeded' | 'failed' | 'timed-out' | 'crashed' | 'cut' | 'skipped';

/** Why a slot did not run: the run before it took too long (`overlap: 'skip'`), or nobody was there to run it in time. */
export type SkipReason = 'overlap' | 'misfire';

/** One run of a task. Times are the store's, in milliseconds since the epoch. */
export interface RunRecord {
  runId: string;
  name: string;
  /** The time it was due at. */
  slot: number;
  /** 1 for the first, more when it runs again after a crash. */
  attempt: number;
  /** Slots that were missed and for which this one run stands. */
  missed: number;
  /** Attempts in all that a crash may use up. */
  maxAttempts: number;
  status: RunStatus;
  /** The replica that runs it, or did. */
  replica: string | null;
  fencingToken: number;
  startedAt: number | null;
  finishedAt: number | null;
  error: string | null;
}

/** Asks for one slot of one task. */
export interface SlotClaim {
  runId: string;
  name: string;
  slot: number;
  /** The latest slot that the caller knows to be taken: the claim fails when the store is further. */
  cursor: number;
  missed: number;
  maxAttempts: number;
  /** Refuse while another run of the task is active. */
  exclusive: boolean;
  /** Nobody shall run this slot, nor an earlier one: move the cursor and leave a `skipped` run in the history. */
  letGo?: SkipReason;
}

/** What became of a claim: `run` when granted a run, `state` as it is now, `null` for a task that the store does not know. */
export interface ClaimAnswer {
  run: RunRecord | null;
  state: TaskState | null;
}

/**
 * How a run ended. `rerun` makes it wait for another replica, if attempts are left; one that was `cut` uses none up.
 */
export interface RunOutcome {
  runId: string;
  name: string;
  status: Exclude<RunStatus, 'pending' | 'running' | 'skipped'>;
  error: string | null;
  rerun: boolean;
}

/** What a replica hears when it says that it is alive. */
export interface Beat {
  now: number;
  /** Since when at least one replica has been alive without a break. */
  upSince: number;
  /** Changes with every change of definitions and pauses, and with the end of a run of kind `worker`. */
  version: number;
  /** The ids of all living replicas. */
  replicas: string[];
  /** The runs that the store still holds for the caller. */
  mine: RunRecord[];
  /** The runs that wait for a replica. */
  pending: RunRecord[];
}

/** The part of a lease for which nobody is declared dead after the store heard of nobody: as long as a beat takes to come. */
export const GRACE = 0.2;

/** What a driver is made for. */
export interface WorkersDriverOptions {
  application: string;
  /** Ended runs kept per task. */
  historySize: number;
}

/**
 * What a store must be able to do for workers. Judges everything by the store's clock; logs nothing and throws raw
 * errors. A driver serves one application: others on the same store do not exist for it.
 */
export interface WorkersDriver {
  open(): Promise<void>;
  close(): Promise<void>;

  /**
   * Makes the tasks known. A new one, or one whose schedule changed, gets `cursor` = `notBefore` or now. Known ones are
   * marked as seen.
   */
  register(tasks: readonly (TaskDefinition & { notBefore?: number })[]): Promise<void>;

  /** Removes tasks from code that no replica has registered for `graceMs` and that have no active run. */
  forget(graceMs: number): Promise<void>;

  /** Every task that the store knows, or those of the given names. */
  load(names?: readonly string[]): Promise<TaskRecord[]>;

  /**
   * Keeps a replica and its runs alive for `leaseMs`, and ends the runs of replicas that have no lease: each becomes
   * `crashed`, and `pending` again while it has attempts left. After a time in which the store heard of nobody (it was
   * away itself), the living first get {@link GRACE} of a lease to say so.
   */
  beat(replica: string, leaseMs: number): Promise<Beat>;

  /** Takes a replica off the list. Its runs must have been finished. */
  leave(replica: string): Promise<void>;

  /**
   * At most one claim per task. Grants each slot that is later than the store's cursor and not in the future, whose task is not paused (and, if
   * `exclusive`, has no active run), to the caller, all in one step, unless its own lease has ended. The fencing token is
   * `max(last token of the name + 1, the store's time in microseconds)`.
   */
  claim(replica: string, claims: readonly SlotClaim[]): Promise<ClaimAnswer[]>;

  /**
   * Takes a pending run. Null when somebody else was faster, when its task is gone, when the caller's lease has ended, or
   * (if `exclusive`) while another run of the task is going on.
   */
  take(replica: string, runId: string, exclusive: boolean): Promise<RunRecord | null>;

  /** Records the ends of runs. Answers, for each, the task's state, or null when the run was no longer the caller's. */
  finish(replica: string, outcomes: readonly RunOutcome[]): Promise<(TaskState | null)[]>;

  /** Makes a run wait for a replica. False for an unknown task. */
  request(name: string, runId: string, maxAttempts: number): Promise<boolean>;

  /** Pauses or resumes. Slots that pass meanwhile are let go. False for an unknown task. */
  pause(name: string, paused: boolean): Promise<boolean>;

  /** Removes a task and its history. False for an unknown one. */
  remove(name: string): Promise<boolean>;

  /** The task's latest runs, the newest first. */
  history(name: string, limit: number): Promise<RunRecord[]>;
}
