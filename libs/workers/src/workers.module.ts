import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, ModuleRef } from '@nestjs/core';
import { BACKEND, defineModule, DRAIN, memory, MethodExplorer, ReplicaIdentity, type Backend } from '@rookery/core';
import { ScheduleBridge } from './adopt/schedule-bridge.js';
import { LeaderElection } from './leader-election.js';
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
    LeaderElection,
    {
      provide: WORKERS_CONTEXT,
      inject: [MODULE_OPTIONS_TOKEN, optional(BACKEND), optional(ReplicaIdentity)],
      useFactory: (options: WorkersModuleOptions, shared?: Backend, identity?: ReplicaIdentity) =>
        createContext(options.backend ?? shared ?? memory(), options, identity),
    },
    {
      provide: ScheduleBridge,
      inject: [WORKERS_CONTEXT, ModuleRef, MethodExplorer],
      useFactory: (...args: ConstructorParameters<typeof ScheduleBridge>) => new ScheduleBridge(...args),
    },
    {
      provide: WorkersLifecycle,
      inject: [WORKERS_CONTEXT, WorkersExplorer, ScheduleBridge, LeaderElection, optional(DRAIN)],
      useFactory: (...args: ConstructorParameters<typeof WorkersLifecycle>) => new WorkersLifecycle(...args),
    },
    {
      provide: WorkersService,
      inject: [WORKERS_CONTEXT],
      useFactory: (context: WorkersContext) => new WorkersService(context),
    },
  ],
  exports: [LeaderElection, WorkersService],
})
export class WorkersModule extends ConfigurableModuleClass {
  /** Workers with the given options; without any, on the backend of ClusterModule, else in memory. */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options);
  }
}
