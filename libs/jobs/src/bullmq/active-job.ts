import { InvalidInputError } from '@rookery/core';
import type { Job } from 'bullmq';
import type { EntityManager } from 'typeorm';
import type { ActiveJob, Retention } from '../jobs.driver.js';
import type { BullmqConnection } from './bullmq-connection.js';
import type { JobLease } from './job-lease.js';
import { kept, traceOf, type StoredData } from './stored-job.js';

const KEPT_LOGS = 1_000;

/** A bullmq job that this process runs, as the service sees it. */
export function activeJob(
  job: Job<StoredData>,
  token: string,
  lease: JobLease,
  connection: BullmqConnection,
  keep: Retention,
): ActiveJob {
  return {
    id: job.id!,
    queue: job.queueName,
    name: job.name,
    args: job.data.args,
    attempt: job.attemptsMade + 1,
    maxAttempts: job.opts.attempts ?? 1,
    crashes: job.stalledCounter,
    scheduledAt: job.timestamp + (job.opts.delay ?? 0),
    steps: job.data.steps ?? {},
    lease,
    trace: traceOf(job),
    progress: (value) => job.updateProgress(value as object),
    log: async (line) => {
      job.opts.keepLogs = KEPT_LOGS;
      await job.log(line);
    },
    saveSteps: (steps) => job.updateData({ ...job.data, steps }),
    childResults: async () => {
      const values = await job.getChildrenValues<unknown>();
      return Object.entries(values).map(([key, result]) => {
        const [queue, id] = key.split(':').slice(-2);
        return { queue, id, result };
      });
    },
    completeIn: async (manager, result) => {
      const backend = await connection.transactional(job.queueName, manager as EntityManager);
      if (!backend)
        throw new InvalidInputError(
          'The manager of ctx.completeIn()',
          'of another store than the job',
          'of the Postgres database that the jobs are kept in',
        );
      await backend.moveToCompleted(job, result, kept(keep), token, false);
    },
  };
}
