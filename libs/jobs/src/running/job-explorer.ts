import { Injectable } from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import { checkMs, MethodExplorer, type DiscoveredClass } from '@rookery/core';
import { checkedBackoff } from '../backoff.js';
import { JobHandler, type JobDefinition } from '../decorators/job-handler.decorator.js';
import type { BatchJob, Job } from '../job.js';
import type { JobContext } from '../job-context.js';
import { JobsSetupError } from '../jobs.errors.js';
import type { JobsModuleOptions } from '../jobs.options.js';
import { Batch } from './batch.js';
import type { Handler } from './handler.js';

type Found = DiscoveredClass<JobDefinition>;

/** Finds the `@JobHandler` classes among the providers of the app. */
@Injectable()
export class JobExplorer {
  constructor(
    private readonly classes: MethodExplorer,
    private readonly modules: ModuleRef,
  ) {}

  /** The definitions of all handlers of this app. @throws JobsSetupError for two handlers of one name */
  definitions(): JobDefinition[] {
    return this.found().map(({ metadata }) => metadata);
  }

  /** By the job's name. */
  handlers(defaults: JobsModuleOptions['defaults'] = {}): Map<string, Handler> {
    const handlers = this.found().map((found): [string, Handler] => {
      const { name, queue, timeoutMs = defaults.timeoutMs ?? 3_600_000, backoff } = found.metadata;
      checkMs(`timeoutMs of job "${name}"`, timeoutMs);
      return [
        name,
        {
          name,
          queue,
          timeoutMs,
          maxCrashes: found.metadata.maxCrashes ?? defaults.maxCrashes ?? 5,
          backoff: checkedBackoff(`The backoff of job "${name}"`, { ...defaults.backoff, ...backoff }),
          invoke: this.invoker(found),
        },
      ];
    });
    return new Map(handlers);
  }

  private found(): Found[] {
    const byName = new Map<string, Found>();
    for (const found of this.classes.classes<JobDefinition>(JobHandler.metadataKey)) {
      const { name } = found.metadata;
      const other = byName.get(name);
      if (other && other.metatype !== found.metatype) {
        throw new JobsSetupError(
          `Two classes handle job "${name}": ${other.metatype.name} and ${found.metatype.name}. Give one of them another name.`,
        );
      }
      checkShape(found);
      byName.set(name, found);
    }
    return [...byName.values()];
  }

  private invoker({ metatype, metadata, instance, isSingleton }: Found): Handler['invoke'] {
    if (metadata.batch) {
      const batch = new Batch(instance as BatchJob, metadata.batch);
      return (args, ctx) => batch.add(args, ctx);
    }
    if (isSingleton) return (args, ctx) => (instance as Job).run(args, ctx);
    return async (args: unknown, ctx: JobContext) => {
      const contextId = ContextIdFactory.create();
      // What the class injects as REQUEST is the job's context.
      this.modules.registerRequestByContextId(ctx, contextId);
      const handler = await this.modules.resolve<Job>(metatype, contextId, { strict: false });
      return handler.run(args, ctx);
    };
  }
}

function checkShape({ metatype, metadata, isSingleton }: Found): void {
  const method: keyof BatchJob | keyof Job = metadata.batch ? 'runBatch' : 'run';
  if (typeof (metatype.prototype as Record<string, unknown>)[method] !== 'function')
    throw new JobsSetupError(
      `${metatype.name} has @JobHandler but no method ${method}(${metadata.batch ? 'batch' : 'args, ctx'}).`,
    );
  if (metadata.batch && !isSingleton)
    throw new JobsSetupError(
      `${metatype.name} handles batches but is request-scoped. Make it, and what it injects, a singleton.`,
    );
}
