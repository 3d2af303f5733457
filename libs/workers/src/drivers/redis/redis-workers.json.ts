import type { ClaimAnswer, RunRecord, TaskRecord, TaskState } from '../../workers.driver.js';

/** A run as its script wrote it: fields without a value are left out, and the token is text. */
type StoredRun = Partial<RunRecord> & Pick<RunRecord, 'runId'> & { fencingToken: string };

export function runOf(stored: string | StoredRun): RunRecord {
  const run = typeof stored === 'string' ? (JSON.parse(stored) as StoredRun) : stored;
  const empty = { replica: null, startedAt: null, finishedAt: null, error: null };
  return { ...empty, ...run, fencingToken: Number(run.fencingToken) } as RunRecord;
}

export function stateOf(stored: Partial<TaskState>): TaskState {
  return { slot: null, startedAt: null, finishedAt: null, ...stored } as TaskState;
}

export function answerOf(text: string): ClaimAnswer {
  const { run, state } = JSON.parse(text) as { run?: StoredRun; state?: Partial<TaskState> };
  return { run: run ? runOf(run) : null, state: state ? stateOf(state) : null };
}

export function recordOf(text: string, runs: readonly RunRecord[], readAt: number): TaskRecord {
  const { name, definition, lastRun, cursor, paused, active, slot, startedAt, finishedAt, failures } = JSON.parse(
    text,
  ) as TaskRecord & { lastRun?: StoredRun };
  const state = stateOf({
    name,
    cursor,
    paused,
    active,
    failures,
    readAt,
    slot: slot ?? null,
    startedAt: startedAt ?? null,
    finishedAt: finishedAt ?? null,
  });
  return {
    ...state,
    definition,
    lastRun: lastRun ? runOf(lastRun) : null,
    runs: runs.filter((run) => run.name === name),
  };
}
