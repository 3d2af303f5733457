import type { CronJob, CronTime } from 'cron';
import type { Schedule } from '../schedule/schedule.js';
import type { TaskCode } from '../scheduler/task.js';
import { checkedPolicy } from '../workers.options.js';

/** What a job does instead of setting timers. */
export interface JobControls {
  join: (code: TaskCode) => void;
  leave: (name: string) => void;
}

/**
 * Takes a cron job's timers away and lets it follow the cluster: `start()` makes this replica take part, `stop()` ends
 * that, `setTime()` changes the schedule for all. What a slot does is up to `execute`.
 */
export function clusterJob(
  name: string,
  job: CronJob,
  { join, leave }: JobControls,
  { label, policy, execute }: Pick<TaskCode, 'label' | 'policy' | 'execute'>,
): void {
  const { stop } = job;
  const wasActive = job.isActive;
  clearTimeout(job['_timeout'] as NodeJS.Timeout | undefined);
  job['_isActive'] = false;
  job.start = () => {
    if (job.isActive) return;
    job['_isActive'] = true;
    const schedule = scheduleOf(job.cronTime);
    const kind = 'at' in schedule ? 'at' : 'cron';
    join({ definition: { name, kind, schedule: JSON.stringify(schedule), source: 'code' }, label, policy, execute });
  };
  job.stop = () => {
    if (job.isActive) leave(name);
    return stop.call(job);
  };
  if (wasActive) job.start();
}

/** A job of @nestjs/schedule behaves in the cluster as it did alone: late is skipped, and only it says whether it overlaps. */
export function adoptJob(name: string, job: CronJob, controls: JobControls): void {
  const policy = checkedPolicy(name, {
    misfire: 'skip',
    onCrash: 'skip',
    overlap: job.waitForCompletion ? 'skip' : 'allow',
  });
  clusterJob(name, job, controls, { label: name, policy, execute: () => tick(job) });
}

/** As `fireOnTick`, but waits for the callbacks, so that the run ends when they do. */
async function tick(job: CronJob): Promise<void> {
  job.lastExecution = new Date();
  try {
    for (const callback of job['_callbacks']) await callback.call(job.context, job.onComplete as never);
  } catch (error) {
    job.errorHandler?.(error);
    throw error;
  }
}

function scheduleOf(time: CronTime): Schedule {
  if (typeof time.source !== 'string') return { at: time.source.toMillis() };
  const { timeZone, utcOffset } = time as unknown as { timeZone?: string; utcOffset?: number };
  return { cron: time.source, timeZone, utcOffset };
}
