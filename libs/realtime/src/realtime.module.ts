import { Module, type DynamicModule } from '@nestjs/common';
import { BACKEND, defineModule, DRAIN, memory, ReplicaIdentity, type Backend, type DrainRegistry } from '@rookery/core';
import { realtimeDriverFor } from './realtime.drivers.js';
import { checkedOptions, type RealtimeModuleOptions } from './realtime.options.js';
import { RealtimeService } from './realtime.service.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE } = defineModule<RealtimeModuleOptions>('Realtime');

/**
 * Sockets across replicas. Global by default. Call `useRealtime(app)` in main.ts.
 *
 * @example
 * RealtimeModule.forRoot({ backend: redis({ url: 'redis://localhost:6379' }) })
 */
@Module({
  providers: [
    {
      provide: RealtimeService,
      inject: [
        MODULE_OPTIONS_TOKEN,
        { token: BACKEND, optional: true },
        { token: ReplicaIdentity, optional: true },
        { token: DRAIN, optional: true },
      ],
      useFactory: async (
        options: RealtimeModuleOptions,
        shared?: Backend,
        identity?: ReplicaIdentity,
        drain?: DrainRegistry,
      ) => {
        const { historySize: size, historyMs: ms } = checkedOptions(options);
        const backend = options.backend ?? shared ?? memory();
        const driver = await realtimeDriverFor(backend, { size, ms });
        return new RealtimeService(driver, backend, options, identity, drain);
      },
    },
  ],
  exports: [RealtimeService],
})
export class RealtimeModule extends ConfigurableModuleClass {
  /** Realtime with the given options; without any, on the backend of ClusterModule, else in memory. */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options);
  }
}
