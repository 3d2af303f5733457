import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { ClusterModuleOptions } from './cluster.options.js';
import type { PartChoices } from './cluster.parts.js';

/** What is decided when the module graph is built, before any factory runs. */
interface ClusterExtras extends PartChoices {
  isGlobal?: boolean;
}

const extras: ClusterExtras = {
  isGlobal: true,
  lock: undefined,
  cache: undefined,
  blob: undefined,
  jobs: undefined,
  workers: undefined,
  realtime: undefined,
};

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<ClusterModuleOptions>({ moduleName: 'Cluster' })
    .setClassMethodName('forRoot')
    .setExtras(extras, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
    .build();
