import { Inject, Module, type DynamicModule, type NestModule } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BACKEND, defineModule, type Backend } from '@rookery/core';
import { ClusterService } from '../cluster.service.js';
import { ComposedServices } from '../composed-services.js';
import { Doctor } from '../doctor/doctor.service.js';
import { mountRoutes } from '../http/mount-routes.js';
import { ClusterOverview } from './cluster-overview.js';
import { DashboardActions } from './dashboard.actions.js';
import type { DashboardOptions } from './dashboard.options.js';
import { dashboardRoutes } from './dashboard.routes.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE } =
  defineModule<DashboardOptions>('ClusterDashboard');

/**
 * One live page about the cluster: replicas, tasks, locks, queues, cache, sockets, the doctor's findings. Needs
 * ClusterModule.
 *
 * @example ClusterDashboardModule.forRoot({ access: bearerToken(process.env.OPS_TOKEN!) })
 */
@Module({
  providers: [
    {
      provide: ClusterOverview,
      inject: [BACKEND, ClusterService, ComposedServices, Doctor],
      useFactory: (backend: Backend, cluster: ClusterService, services: ComposedServices, doctor: Doctor) =>
        new ClusterOverview(backend, cluster, services, doctor),
    },
    {
      provide: DashboardActions,
      inject: [ComposedServices],
      useFactory: (services: ComposedServices) => new DashboardActions(services),
    },
  ],
})
export class ClusterDashboardModule extends ConfigurableModuleClass implements NestModule {
  constructor(
    private readonly http: HttpAdapterHost,
    private readonly overview: ClusterOverview,
    private readonly actions: DashboardActions,
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: DashboardOptions,
  ) {
    super();
  }

  /** The dashboard with the given options; without any, at /cluster and only in development. */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options);
  }

  configure(): void {
    mountRoutes(this.http, this.options.path ?? '/cluster', dashboardRoutes(this.overview, this.actions, this.options));
  }
}
