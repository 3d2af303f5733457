import { slotsOf, type Schedule } from './schedule/schedule.js';
import type { RunRecord, TaskDefinition, TaskRecord } from './workers.driver.js';

/** How a task stands in the cluster. */
export interface TaskInfo {
  name: string;
  kind: TaskDefinition['kind'];
  /** When it is due: `{ cron, timeZone }`, `{ everyMs }`, `{ afterMs }` or `{ at }`; empty for a worker. */
  schedule: Schedule | Record<string, never>;
  source: TaskDefinition['source'];
  paused: boolean;
  /** The next slot; null when there is none, or the task is paused. */
  nextAt: Date | null;
  /** The runs that are going on (`replica` says where) or wait for a replica. */
  runs: RunRecord[];
  /** The last run that ended. */
  lastRun: RunRecord | null;
  /** Failed runs since the last good one. */
  consecutiveFailures: number;
  /** Milliseconds since the oldest slot that should have begun and has not, while nothing runs; 0 when all is well. */
  overdueMs: number;
}

/** The view of a task that users get. */
export function taskInfo(record: TaskRecord): TaskInfo {
  const { definition, paused, active, lastRun, failures, runs } = record;
  const schedule = JSON.parse(definition.schedule) as TaskInfo['schedule'];
  const due = nextSlot(record, schedule);
  return {
    name: definition.name,
    kind: definition.kind,
    schedule,
    source: definition.source,
    paused,
    nextAt: due === undefined ? null : new Date(due),
    runs,
    lastRun,
    consecutiveFailures: failures,
    overdueMs: due === undefined || active > 0 ? 0 : Math.max(0, record.readAt - due),
  };
}

function nextSlot(
  { paused, cursor, finishedAt, definition }: TaskRecord,
  schedule: TaskInfo['schedule'],
): number | undefined {
  const { kind } = definition;
  // A timeout counts from the start of the cluster, a worker has no slots.
  if (paused || kind === 'worker' || kind === 'timeout' || kind === 'once') return undefined;
  // What passed during a run is either let go or just about to run.
  return slotsOf(schedule as Schedule, () => 0).next(Math.max(cursor, finishedAt ?? 0));
}
