import { Inject, Module, type DynamicModule, type NestModule, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryModule, HttpAdapterHost } from '@nestjs/core';
import { BACKEND, DRAIN, ReplicaIdentity, type Backend } from '@rookery/core';
import {
  ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  OPTIONS_TYPE,
} from './cluster.module-definition.js';
import type { ClusterModuleOptions } from './cluster.options.js';
import { chosenParts, composeParts, type PartChoices } from './cluster.parts.js';
import { CLUSTER_PROVIDERS, COMPOSED_PARTS } from './cluster.providers.js';
import { ClusterService } from './cluster.service.js';
import { ComposedServices } from './composed-services.js';
import { DrainCoordinator } from './drain/drain-coordinator.js';
import { doctorRoutes } from './doctor/doctor.routes.js';
import { Doctor } from './doctor/doctor.service.js';
import { ClusterHealth } from './health/cluster-health.js';
import { healthRoutes } from './health/health.routes.js';
import { Readiness } from './health/readiness.js';
import { mountRoutes } from './http/mount-routes.js';

/**
 * Makes the app safe to run as several replicas: one backend for all Rookery modules, the registry of replicas, drain,
 * health. Composes the modules whose packages the app imports; options for one compose it anyway, `false` leaves it out.
 *
 * @example
 * ClusterModule.forRoot() // what the app imports, by the environment variables
 * ClusterModule.forRoot({ backend: redis({ url }), jobs: false, lock: { waitMs: 5_000 } })
 * ClusterModule.forRootAsync({ inject: [DataSource], useFactory: (dataSource) => ({ backend: postgres({ dataSource }) }) })
 */
@Module({
  providers: CLUSTER_PROVIDERS,
  exports: [
    MODULE_OPTIONS_TOKEN,
    BACKEND,
    DRAIN,
    ReplicaIdentity,
    ClusterService,
    DrainCoordinator,
    Doctor,
    ClusterHealth,
    ComposedServices,
  ],
})
export class ClusterModule extends ConfigurableModuleClass implements NestModule, OnApplicationShutdown {
  constructor(
    private readonly http: HttpAdapterHost,
    private readonly readiness: Readiness,
    private readonly doctor: Doctor,
    @Inject(BACKEND) private readonly backend: Backend,
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: ClusterModuleOptions,
  ) {
    super();
  }

  /** By the environment variables, but for what the options say. */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return withParts(super.forRoot(options), options);
  }

  /** The same with options from a factory. Which modules are composed, and how, is said beside it. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return withParts(super.forRootAsync(options), options);
  }

  configure(): void {
    const { health = {}, doctor } = this.options;
    if (health === false) return;
    const routes = { ...healthRoutes(this.readiness), ...doctorRoutes(this.doctor, doctor?.access) };
    mountRoutes(this.http, health.path ?? '/health', routes);
  }

  /** Last of all, since Nest shuts modules down in reverse. */
  async onApplicationShutdown(): Promise<void> {
    await this.backend.close();
  }
}

function withParts(definition: DynamicModule, choices: PartChoices): DynamicModule {
  const parts = chosenParts(choices);
  return {
    ...definition,
    imports: [DiscoveryModule, ...(definition.imports ?? []), composeParts(parts)],
    providers: [...(definition.providers ?? []), { provide: COMPOSED_PARTS, useValue: parts }],
  };
}
