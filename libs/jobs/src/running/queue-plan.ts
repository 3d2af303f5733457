import { checkMs, InvalidInputError } from '@rookery/core';
import type { JobDefinition } from '../decorators/job-handler.decorator.js';
import type { WorkSettings } from '../jobs.driver.js';
import { JobsSetupError } from '../jobs.errors.js';
import { checkWhole, type JobsModuleOptions, type QueueOptions } from '../jobs.options.js';

/** A queue that this replica works on, and how. */
export interface QueuePlan extends Omit<WorkSettings, 'leaseMs' | 'onError'> {
  readonly queue: string;
}

/**
 * Which queues this replica works on: those of its handlers. What the module's options say about a queue goes before
 * what its handler says.
 *
 * @throws JobsSetupError when handlers of one queue each set its limits
 */
export function queuePlans(
  definitions: readonly JobDefinition[],
  { queues = {} }: JobsModuleOptions,
  executes: boolean,
): QueuePlan[] {
  const names = [...new Set(definitions.map(({ queue }) => queue))];
  return names
    .filter((queue) => queues[queue]?.execute ?? executes)
    .map((queue) => {
      const own = limitsOf(queue, definitions);
      return checked(queue, { ...own, ...queues[queue] }, largestBatch(queue, definitions));
    });
}

function limitsOf(queue: string, definitions: readonly JobDefinition[]): QueueOptions {
  const sharing = definitions.filter((definition) => definition.queue === queue);
  const limiting = sharing.filter(
    ({ concurrency, globalConcurrency, rateLimit }) => concurrency ?? globalConcurrency ?? rateLimit,
  );
  if (limiting.length > 1) {
    throw new JobsSetupError(
      `The jobs ${limiting.map(({ name }) => `"${name}"`).join(', ')} share queue "${queue}" and each set its limits. Set them once: JobsModule.forRoot({ queues: { '${queue}': { concurrency: … } } }).`,
    );
  }
  const [{ concurrency, globalConcurrency, rateLimit }] = limiting.length === 1 ? limiting : sharing;
  return { concurrency, globalConcurrency, rateLimit };
}

function largestBatch(queue: string, definitions: readonly JobDefinition[]): number {
  return Math.max(1, ...definitions.map((definition) => (definition.queue === queue && definition.batch?.size) || 1));
}

function checked(queue: string, options: QueueOptions, batchSize: number): QueuePlan {
  const { concurrency = Math.max(10, batchSize), globalConcurrency, rateLimit } = options;
  checkWhole(`concurrency of queue "${queue}"`, concurrency, 1, 10_000);
  if (concurrency < batchSize)
    throw new InvalidInputError(
      `concurrency of queue "${queue}"`,
      concurrency,
      `at least ${batchSize}, the size of its batches`,
    );
  if (globalConcurrency !== undefined)
    checkWhole(`globalConcurrency of queue "${queue}"`, globalConcurrency, 1, 1_000_000);
  if (rateLimit !== undefined) {
    if (typeof rateLimit !== 'object')
      throw new InvalidInputError(`rateLimit of queue "${queue}"`, rateLimit, '{ max, perMs }');
    checkWhole(`rateLimit.max of queue "${queue}"`, rateLimit.max, 1, 1_000_000);
    checkMs(`rateLimit.perMs of queue "${queue}"`, rateLimit.perMs, 1);
  }
  return { queue, concurrency, ...(globalConcurrency && { globalConcurrency }), ...(rateLimit && { rateLimit }) };
}
