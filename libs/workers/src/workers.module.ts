import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import {
  BACKEND,
  defineModule,
  DRAIN,
  memory,
  MethodExplorer,
  ReplicaIdentity,
  type Backend,
  type DrainRegistry,
} from '@rookery/core';
import { createContext, WORKERS_CONTEXT, type WorkersContext } from './workers.context.js';
import { WorkersExplorer } from './workers.explorer.js';
import { WorkersLifecycle } from './workers.lifecycle.js';
import type { WorkersModuleOptions } from './workers.options.js';
import { WorkersService } from './workers.service.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE } = defineModule<WorkersModuleOptions>('Workers');

const optional = (token: unknown) => ({ token: token as string, optional: true });

/**
 * Cron, intervals and long-running workers, once in the whole cluster. Global by default.
 *
 * @example
 * WorkersModule.forRoot({ backend: redis({ url: 'redis://localhost:6379' }) })
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    MethodExplorer,
    WorkersExplorer,
    {
      provide: WORKERS_CONTEXT,
      inject: [MODULE_OPTIONS_TOKEN, optional(BACKEND), optional(ReplicaIdentity)],
      useFactory: (options: WorkersModuleOptions, shared?: Backend, identity?: ReplicaIdentity) =>
        createContext(options.backend ?? shared ?? memory(), options, identity),
    },
    {
      provide: WorkersLifecycle,
      inject: [WORKERS_CONTEXT, WorkersExplorer, optional(DRAIN)],
      useFactory: (context: WorkersContext, explorer: WorkersExplorer, drain?: DrainRegistry) =>
        new WorkersLifecycle(context, explorer, drain),
    },
    {
      provide: WorkersService,
      inject: [WORKERS_CONTEXT],
      useFactory: (context: WorkersContext) => new WorkersService(context),
    },
  ],
  exports: [WorkersService],
})
export class WorkersModule extends ConfigurableModuleClass {
  /** Workers with the given options; without any, on the backend of ClusterModule, else in memory. */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options);
  }
}
