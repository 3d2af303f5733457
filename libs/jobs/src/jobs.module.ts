import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, ModuleRef } from '@nestjs/core';
import { BACKEND, defineModule, DRAIN, MethodExplorer, ReplicaIdentity, type Backend } from '@rookery/core';
import type { DrainRegistry } from '@rookery/core';
import { JobsBackends } from './jobs.backends.js';
import { JobsLifecycle } from './jobs.lifecycle.js';
import type { JobsModuleOptions } from './jobs.options.js';
import { JobsService } from './jobs.service.js';
import { AppDataSources } from './outbox/data-sources.js';
import { TransactionalEnqueue } from './outbox/transactional-enqueue.js';
import { JobExplorer } from './running/job-explorer.js';
import { JobsExecutor } from './running/jobs.executor.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  defineModule<JobsModuleOptions>('Jobs');

/**
 * Durable background jobs. Global by default. `forRoot` answers a promise, which Nest takes in `imports`: bullmq is
 * loaded only where it is used.
 *
 * @example
 * JobsModule.forRoot({ backend: redis({ url: 'redis://localhost:6379' }) })
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    MethodExplorer,
    JobExplorer,
    AppDataSources,
    {
      provide: TransactionalEnqueue,
      inject: [JobsBackends, AppDataSources],
      useFactory: (backends: JobsBackends, dataSources: AppDataSources) =>
        new TransactionalEnqueue(backends, dataSources),
    },
    {
      provide: JobsBackends,
      inject: [MODULE_OPTIONS_TOKEN, { token: BACKEND, optional: true }],
      useFactory: (options: JobsModuleOptions, shared?: Backend) => new JobsBackends(options, shared),
    },
    {
      provide: JobsExecutor,
      inject: [JobsBackends, JobExplorer, MODULE_OPTIONS_TOKEN, { token: ReplicaIdentity, optional: true }],
      useFactory: (
        backends: JobsBackends,
        explorer: JobExplorer,
        options: JobsModuleOptions,
        identity?: ReplicaIdentity,
      ) => new JobsExecutor(backends, explorer, options, options.execute ?? identity?.has('jobs') ?? true),
    },
    {
      provide: JobsLifecycle,
      inject: [JobsExecutor, TransactionalEnqueue, JobsBackends, ModuleRef, { token: DRAIN, optional: true }],
      useFactory: async (
        executor: JobsExecutor,
        transactional: TransactionalEnqueue,
        backends: JobsBackends,
        modules: ModuleRef,
        drain?: DrainRegistry,
      ) => new JobsLifecycle(executor, transactional, await processorsOf(backends, modules), drain),
    },
    {
      provide: JobsService,
      inject: [JobsBackends, JobsExecutor, TransactionalEnqueue, MODULE_OPTIONS_TOKEN],
      useFactory: (
        backends: JobsBackends,
        executor: JobsExecutor,
        transactional: TransactionalEnqueue,
        options: JobsModuleOptions,
      ) => new JobsService(backends, executor, transactional, options),
    },
  ],
  exports: [JobsService, JobsBackends],
})
export class JobsModule {
  /** Jobs with the given options; without any, on the backend of ClusterModule, else in memory. */
  static async forRoot(options: typeof OPTIONS_TYPE = {}): Promise<DynamicModule> {
    return withBullModule(ConfigurableModuleClass.forRoot(options), options.backend);
  }

  /** The same with options that are injected or computed. */
  static async forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): Promise<DynamicModule> {
    return withBullModule(ConfigurableModuleClass.forRootAsync(options));
  }
}

/** Lets @nestjs/bullmq work beside us on the same connection, where it is installed and the store is one it can use. */
async function withBullModule(definition: DynamicModule, backend?: Backend): Promise<DynamicModule> {
  if (backend?.kind === 'memory') return { ...definition, module: JobsModule };
  const { bullModule } = await import('./bullmq/bull-module.js').catch(notInstalled);
  return { ...definition, module: JobsModule, imports: [...(definition.imports ?? []), ...bullModule()] };
}

async function processorsOf(backends: JobsBackends, modules: ModuleRef) {
  if (backends.main.kind === 'memory') return undefined;
  const loaded = await import('./bullmq/app-processors.js').catch(notInstalled);
  return 'AppProcessors' in loaded ? new loaded.AppProcessors(modules) : undefined;
}

/** Fine: only an app with queues of its own needs @nestjs/bullmq. Whether bullmq is there, the driver finds out. */
function notInstalled(error: unknown): { bullModule: () => DynamicModule[] } {
  if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return { bullModule: () => [] };
  throw error;
}
