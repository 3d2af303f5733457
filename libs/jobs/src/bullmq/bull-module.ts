import { BullModule } from '@nestjs/bullmq';
import type { DynamicModule } from '@nestjs/common';
import type { QueueOptions } from 'bullmq';
import { JobsBackends } from '../jobs.backends.js';
import { BullmqJobsDriver } from './bullmq-jobs.driver.js';

/**
 * BullModule on our main backend: what the app registers with `BullModule.registerQueue` shares our connection, prefix
 * and retention. Its processors are started and stopped by us.
 */
export function bullModule(): DynamicModule[] {
  return [
    BullModule.forRootAsync({
      inject: [JobsBackends],
      useFactory: async (backends: JobsBackends): Promise<QueueOptions> => {
        if (backends.main.kind === 'memory') return {} as QueueOptions;
        return ((await backends.driver(backends.main)) as BullmqJobsDriver).queueOptions();
      },
      extraOptions: { manualRegistration: true },
    }),
  ];
}
