import type { Provider } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { BACKEND, DRAIN, MethodExplorer, ReplicaIdentity, type Backend } from '@rookery/core';
import { Attachment } from './attachment.js';
import { atBoot } from './cluster.errors.js';
import { MODULE_OPTIONS_TOKEN } from './cluster.module-definition.js';
import type { ClusterModuleOptions } from './cluster.options.js';
import { USE_REALTIME, type ComposedParts, type UseRealtime } from './cluster.parts.js';
import { ClusterService } from './cluster.service.js';
import { Doctor } from './doctor/doctor.service.js';
import { Patient } from './doctor/patient.js';
import { ComposedServices } from './composed-services.js';
import { DrainCoordinator } from './drain/drain-coordinator.js';
import { checkedDrainOptions } from './drain/drain.options.js';
import { ClusterHealth } from './health/cluster-health.js';
import { Readiness } from './health/readiness.js';
import { registryDriverFor } from './registry.drivers.js';
import { ReplicaRegistry } from './registry/replica-registry.js';
import { fingerprintsOf } from './registry/fingerprints.js';
import { SelfPortrait } from './registry/self-portrait.js';
import { TelemetryBridge } from './telemetry/telemetry-bridge.js';
import { readSettings, type ClusterSettings } from './settings/cluster.settings.js';
import { openBackend } from './settings/open-backend.js';

const SETTINGS = 'ROOKERY_CLUSTER_SETTINGS';
/** Which modules are composed, and how. */
export const COMPOSED_PARTS = 'ROOKERY_CLUSTER_PARTS';

/** What ClusterModule makes itself, in the order in which one needs the other. */
export const CLUSTER_PROVIDERS: Provider[] = [
  {
    provide: SETTINGS,
    inject: [MODULE_OPTIONS_TOKEN],
    useFactory: (options: ClusterModuleOptions) => atBoot(() => readSettings(options, process.env)),
  },
  {
    provide: BACKEND,
    inject: [SETTINGS],
    useFactory: (settings: ClusterSettings) => atBoot(() => openBackend(settings)),
  },
  {
    provide: ReplicaIdentity,
    inject: [SETTINGS],
    useFactory: ({ identity }: ClusterSettings) => new ReplicaIdentity(identity),
  },
  {
    provide: DrainCoordinator,
    inject: [MODULE_OPTIONS_TOKEN],
    useFactory: ({ drain }: ClusterModuleOptions) => atBoot(() => new DrainCoordinator(checkedDrainOptions(drain))),
  },
  { provide: DRAIN, useExisting: DrainCoordinator },
  {
    provide: SelfPortrait,
    inject: [ReplicaIdentity, BACKEND, MODULE_OPTIONS_TOKEN],
    useFactory: (identity: ReplicaIdentity, { namespace }: Backend, { secrets }: ClusterModuleOptions) =>
      new SelfPortrait(identity, fingerprintsOf(secrets, namespace)),
  },
  {
    provide: ReplicaRegistry,
    inject: [BACKEND, SelfPortrait, DrainCoordinator, MODULE_OPTIONS_TOKEN],
    useFactory: (backend: Backend, self: SelfPortrait, drain: DrainCoordinator, options: ClusterModuleOptions) =>
      atBoot(
        async () => new ReplicaRegistry(await registryDriverFor(backend), backend.bus, self, drain, options.registry),
      ),
  },
  {
    provide: Readiness,
    inject: [BACKEND, DrainCoordinator, MODULE_OPTIONS_TOKEN],
    useFactory: (backend: Backend, drain: DrainCoordinator, { health }: ClusterModuleOptions) =>
      new Readiness(backend, drain, health ? health.timeoutMs : undefined),
  },
  {
    provide: ClusterService,
    inject: [ReplicaRegistry, DrainCoordinator, Attachment],
    useFactory: (registry: ReplicaRegistry, drain: DrainCoordinator, attachment: Attachment) =>
      new ClusterService(registry, drain, attachment),
  },
  {
    provide: ComposedServices,
    inject: [ModulesContainer],
    useFactory: (modules: ModulesContainer) => new ComposedServices(modules),
  },
  {
    provide: ClusterHealth,
    inject: [BACKEND, DrainCoordinator, ReplicaRegistry, ComposedServices],
    useFactory: (...parts: ConstructorParameters<typeof ClusterHealth>) => new ClusterHealth(...parts),
  },
  {
    provide: TelemetryBridge,
    inject: [ReplicaRegistry, ComposedServices],
    useFactory: (registry: ReplicaRegistry, services: ComposedServices) => new TelemetryBridge(registry, services),
  },
  {
    provide: Attachment,
    inject: [DrainCoordinator, { token: USE_REALTIME, optional: true }],
    useFactory: (drain: DrainCoordinator, useRealtime?: UseRealtime) => new Attachment(drain, useRealtime),
  },
  MethodExplorer,
  {
    provide: Patient,
    inject: [
      BACKEND,
      DrainCoordinator,
      MethodExplorer,
      COMPOSED_PARTS,
      Attachment,
      ReplicaRegistry,
      ModulesContainer,
      HttpAdapterHost,
    ],
    useFactory: (
      backend: Backend,
      { options }: DrainCoordinator,
      ...rest: [MethodExplorer, ComposedParts, Attachment, ReplicaRegistry, ModulesContainer, HttpAdapterHost]
    ) => new Patient(backend, options, ...rest),
  },
  {
    provide: Doctor,
    inject: [Patient, ClusterService, MODULE_OPTIONS_TOKEN],
    useFactory: (patient: Patient, cluster: ClusterService, { doctor }: ClusterModuleOptions) =>
      new Doctor(patient, cluster, doctor),
  },
];
