import type { DynamicModule, INestApplication } from '@nestjs/common';
import type { BlobModuleOptions } from '@rookery/blob';
import type { ClusterCacheModuleOptions } from '@rookery/cache';
import type { JobsModuleOptions } from '@rookery/jobs';
import type { LockModuleOptions } from '@rookery/lock';
import type { RealtimeModuleOptions } from '@rookery/realtime';
import type { WorkersModuleOptions } from '@rookery/workers';
import { secondRedis } from './settings/second-redis.js';

/** The modules that ClusterModule composes: options for one, or `false` to leave it out. */
export interface PartChoices {
  lock?: LockModuleOptions | false;
  cache?: ClusterCacheModuleOptions | false;
  blob?: BlobModuleOptions | false;
  jobs?: JobsModuleOptions | false;
  workers?: WorkersModuleOptions | false;
  realtime?: RealtimeModuleOptions | false;
}

export type ClusterPart = keyof PartChoices;

/** Injects what gives the app's gateways their adapter; there when realtime is composed. */
export const USE_REALTIME = 'ROOKERY_USE_REALTIME';
export type UseRealtime = (app: INestApplication) => void;

/** How each part is loaded: only when it is wanted, and all at the same time. */
const LOADERS: { [Part in ClusterPart]-?: (options: Exclude<PartChoices[Part], false>) => Promise<DynamicModule> } = {
  lock: async (options) => (await import('@rookery/lock')).LockModule.forRoot(options),
  cache: async (options) => {
    const [{ ClusterCacheModule }, backend] = await Promise.all([import('@rookery/cache'), secondRedis(process.env)]);
    return ClusterCacheModule.forRoot({ ...(backend && { backend }), ...options });
  },
  blob: async (options) => (await import('@rookery/blob')).BlobModule.forRoot(options),
  jobs: async (options) => (await import('@rookery/jobs')).JobsModule.forRoot(options),
  workers: async (options) => (await import('@rookery/workers')).WorkersModule.forRoot(options),
  realtime: async (options) => {
    const { RealtimeModule, useRealtime } = await import('@rookery/realtime');
    const setup = { provide: USE_REALTIME, useValue: useRealtime };
    const definition = RealtimeModule.forRoot(options);
    return {
      ...definition,
      providers: [...(definition.providers ?? []), setup],
      exports: [...(definition.exports ?? []), USE_REALTIME],
    };
  },
};

/** All parts, in the order in which they are shown. */
export const CLUSTER_PARTS = Object.keys(LOADERS) as ClusterPart[];

/** The module that imports the parts: one promise, so that Nest waits for all of them at once. */
export async function composeParts(choices: PartChoices): Promise<DynamicModule> {
  const wanted = CLUSTER_PARTS.filter((part) => choices[part] !== false);
  const load = (part: ClusterPart) =>
    (LOADERS[part] as (options: object) => Promise<DynamicModule>)(choices[part] || {});
  return { module: ClusterParts, imports: await Promise.all(wanted.map(load)) };
}

/** Holds the imports together; has nothing of its own. */
class ClusterParts {}
