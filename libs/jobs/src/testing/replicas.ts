import { randomBytes } from 'node:crypto';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Backend } from '@rookery/core';
import { JobHandler } from '../decorators/job-handler.decorator.js';
import type { Job, JobClass } from '../job.js';
import type { JobContext } from '../job-context.js';
import { JobsModule } from '../jobs.module.js';
import type { JobHandlerOptions, JobsModuleOptions } from '../jobs.options.js';
import { JobsService } from '../jobs.service.js';

/** What the suites need of whoever runs them. */
export interface JobsContractHost {
  /** A further backend on the same store and namespace, as another replica would have it. */
  backend(): Backend;
}

/** A job class made on the spot, under a name that no other case uses; one try, unless said otherwise. */
export function jobOf<Args, Result>(
  run: (args: Args, ctx: JobContext) => Promise<Result> | Result,
  options: JobHandlerOptions & { name?: string } = {},
): JobClass<Args, Result> & Type<Job<Args, Result>> {
  const { name = `job.${randomBytes(6).toString('hex')}`, ...rest } = options;
  @JobHandler(name, { attempts: 1, ...rest })
  class ScriptedJob implements Job<Args, Result> {
    run(args: Args, ctx: JobContext) {
      return run(args, ctx);
    }
  }
  return ScriptedJob;
}

/** The replicas of a case: whole Nest apps in this process. */
export class Replicas {
  private readonly apps = new Set<INestApplicationContext>();

  constructor(private readonly host: JobsContractHost) {}

  /** Starts an app that handles `jobs`; without any it only enqueues. */
  async start(jobs: Type<unknown>[] = [], options: JobsModuleOptions = {}): Promise<Replica> {
    class AppModule {}
    const app = await NestFactory.createApplicationContext(
      {
        module: AppModule,
        imports: [
          await JobsModule.forRoot({ backend: this.host.backend(), drainMs: 0, abortGraceMs: 500, ...options }),
        ],
        providers: jobs,
      },
      { logger: ['error', 'fatal'], abortOnError: false },
    );
    this.apps.add(app);
    return { app, jobs: app.get(JobsService), stop: () => this.stop(app) };
  }

  /** Stops all that were started. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.apps].map((app) => this.stop(app)));
  }

  private async stop(app: INestApplicationContext): Promise<void> {
    if (this.apps.delete(app)) await app.close();
  }
}

/** One app. */
export interface Replica {
  readonly app: INestApplicationContext;
  readonly jobs: JobsService;
  stop(): Promise<void>;
}
