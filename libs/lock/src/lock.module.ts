import { Module, type DynamicModule } from '@nestjs/common';
import { BACKEND, defineModule, DRAIN, memory, ReplicaIdentity, type Backend, type DrainRegistry } from '@rookery/core';
import { lockDriverFor } from './lock.drivers.js';
import type { LockModuleOptions } from './lock.options.js';
import { LockService } from './lock.service.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE } = defineModule<LockModuleOptions>('Lock');

/**
 * Distributed locks. Global by default.
 *
 * @example
 * LockModule.forRoot({ backend: redis({ url: 'redis://localhost:6379' }) })
 */
@Module({
  providers: [
    {
      provide: LockService,
      inject: [
        MODULE_OPTIONS_TOKEN,
        { token: BACKEND, optional: true },
        { token: ReplicaIdentity, optional: true },
        { token: DRAIN, optional: true },
      ],
      useFactory: async (
        options: LockModuleOptions,
        shared?: Backend,
        identity?: ReplicaIdentity,
        drain?: DrainRegistry,
      ) => {
        const backend = options.backend ?? shared ?? memory();
        return new LockService(await lockDriverFor(backend, options.quorum), backend, options, identity, drain);
      },
    },
  ],
  exports: [LockService],
})
export class LockModule extends ConfigurableModuleClass {
  /** Locks with the given options; without any, on the backend of ClusterModule, else in memory. */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options);
  }
}
