import { applyDecorators, Injectable, SetMetadata } from '@nestjs/common';
import { checkMs, checkName, InvalidInputError } from '@rookery/core';
import { checkedBackoff } from '../backoff.js';
import type { JobClass } from '../job.js';
import { UnknownJobError } from '../jobs.errors.js';
import { checkWhole, type BatchOptions, type JobHandlerOptions } from '../jobs.options.js';

const JOB_HANDLER = 'rookery:job-handler';

/** What `@JobHandler` says about a class. */
export interface JobDefinition extends JobHandlerOptions {
  readonly name: string;
  readonly queue: string;
}

/**
 * Makes a class a job. List it in the `providers` of a module on the replicas that run it; those that only enqueue it
 * need no more than the class.
 *
 * @param name what the job is called in the store: keep it when the class is renamed. No ":".
 * @throws InvalidInputError for a bad name or option
 * @example
 * @JobHandler('invoice.render', { attempts: 5, timeoutMs: 120_000, concurrency: 10 })
 * export class RenderInvoice implements Job<{ id: string }> { … }
 */
export function JobHandler(name: string, options: JobHandlerOptions = {}): ClassDecorator {
  checkQueueName('The name of a job', name);
  if (options.queue !== undefined) checkQueueName(`The queue of job "${name}"`, options.queue);
  checkedBackoff(`The backoff of job "${name}"`, options.backoff);
  if (options.batch) checkBatch(name, options.batch);
  const definition: JobDefinition = { ...options, name, queue: options.queue ?? name };
  return applyDecorators(Injectable(), SetMetadata(JobHandler.metadataKey, definition));
}

JobHandler.metadataKey = JOB_HANDLER;

function checkBatch(name: string, { size, waitMs }: BatchOptions): void {
  checkWhole(`batch.size of job "${name}"`, size, 1, 10_000);
  if (waitMs !== undefined) checkMs(`batch.waitMs of job "${name}"`, waitMs);
}

/** @throws UnknownJobError when the class carries no `@JobHandler` */
export function definitionOf(job: JobClass<never, unknown>): JobDefinition {
  const definition =
    typeof job === 'function' ? (Reflect.getMetadata(JOB_HANDLER, job) as JobDefinition | undefined) : undefined;
  if (!definition) throw new UnknownJobError(typeof job === 'function' ? `The class ${job.name}` : String(job));
  return definition;
}

/** @throws InvalidInputError: a queue's name becomes part of keys in the store */
export function checkQueueName(what: string, name: string): string {
  checkName(what, name, 128);
  if (name.includes(':')) throw new InvalidInputError(what, name, 'without ":"');
  return name;
}
